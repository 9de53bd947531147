-- All parties as they were in a rule set; no order. Index: party_past_pkey.
SELECT p.party_id, p.code, coalesce(q.name, p.name), coalesce(q.kind, p.kind),
       coalesce(q.contact, p.contact),
       CASE WHEN q.party_id IS NULL THEN p.superior_id ELSE q.superior_id END
FROM party p
LEFT JOIN (
    SELECT DISTINCT ON (party_id) party_id, name, kind, contact, superior_id
    FROM party_past
    WHERE until_rule_set > %(rule_set)s
    ORDER BY party_id, until_rule_set
) q USING (party_id)
