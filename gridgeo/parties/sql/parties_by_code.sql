-- Parties by their codes; unknown ones are left out. Index: party_code_key.
SELECT party_id, code, name, kind, contact FROM party WHERE code = ANY(%(codes)s)
