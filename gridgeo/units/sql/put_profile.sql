-- The city's profile; the one row is replaced.
INSERT INTO city_profile (name, planar_srid, profile)
VALUES (%(name)s, %(planar_srid)s, %(profile)s)
ON CONFLICT (singleton) DO UPDATE
SET name = excluded.name, planar_srid = excluded.planar_srid, profile = excluded.profile
