-- Ids of all units of a version.
SELECT unit_id FROM unit WHERE versions @> %(version)s::int
