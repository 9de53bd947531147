-- Parties in code order after a code.
SELECT code, name, kind, contact, synthetic FROM party
WHERE (%(after)s::text IS NULL OR code > %(after)s COLLATE "C")
  AND (%(q)s::text IS NULL OR strpos(name, %(q)s) > 0)
ORDER BY code COLLATE "C"
LIMIT %(limit)s
