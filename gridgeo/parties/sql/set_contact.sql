-- How a party is reached. Index: party_code_key.
UPDATE party SET contact = %(contact)s WHERE code = %(code)s
