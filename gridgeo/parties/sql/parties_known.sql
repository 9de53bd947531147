-- Which of these codes a party carries. Index: party_code_key.
SELECT code FROM party WHERE code = ANY(%(codes)s)
