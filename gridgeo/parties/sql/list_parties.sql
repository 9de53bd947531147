-- Parties in code order after a code, with the code of the one they escalate to.
SELECT p.code, p.name, p.kind, p.contact, s.code AS superior, p.synthetic
FROM party p
LEFT JOIN party s ON s.party_id = p.superior_id
WHERE (%(after)s::text IS NULL OR p.code > %(after)s COLLATE "C")
  AND (%(q)s::text IS NULL OR strpos(p.name, %(q)s) > 0)
ORDER BY p.code COLLATE "C"
LIMIT %(limit)s
