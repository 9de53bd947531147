-- Which party served which unit or exclusive grid in a rule set, in id order.
SELECT attachment_id, party_id, unit_id, exclusive_id, role FROM party_attachment
WHERE rule_sets @> %(rule_set)s::int
ORDER BY attachment_id
