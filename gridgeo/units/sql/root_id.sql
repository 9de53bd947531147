-- The root unit of a version.
SELECT unit_id FROM unit WHERE parent_id IS NULL AND versions @> %(version)s::int
