-- Tell every worker, when the transaction commits, that the map has a new version.
SELECT pg_notify('gridgeo_map', %(version)s::text)
