-- To whom a party escalates; NULL for nobody. Index: party_code_key.
UPDATE party SET superior_id = (SELECT s.party_id FROM party s WHERE s.code = %(superior_code)s)
WHERE code = %(code)s
