-- What parties were before a rule set, kept once for each set; an unknown code keeps nothing.
INSERT INTO party_past (party_id, until_rule_set, name, kind, contact, superior_id)
SELECT party_id, %(rule_set)s, name, kind, contact, superior_id
FROM party
WHERE code = ANY(%(codes)s)
ON CONFLICT (party_id, until_rule_set) DO NOTHING
