-- End attachments at a rule set. Index: party_attachment_pkey.
UPDATE party_attachment SET rule_sets = int4range(lower(rule_sets), %(rule_set)s)
WHERE attachment_id = ANY(%(ids)s) AND upper_inf(rule_sets)
