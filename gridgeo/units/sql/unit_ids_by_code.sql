-- Ids of the units that carry or carried these codes. Index: unit_code_pkey.
SELECT code, unit_id FROM unit_code WHERE code = ANY(%(codes)s)
