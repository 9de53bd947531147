-- The last code of units by id. Index: unit_pkey.
SELECT DISTINCT ON (unit_id) unit_id, code FROM unit WHERE unit_id = ANY(%(ids)s)
ORDER BY unit_id, versions DESC
