-- A mode that is on from an instant, at the earliest now; the shape as WKB or NULL.
INSERT INTO mode_period (mode, recorded_at, starts_at, ends_at, unit_ids, geom, note,
                         switched_on_by, revision)
SELECT %(mode)s, now, greatest(%(starts_at)s::timestamptz, now), %(ends_at)s, %(unit_ids)s,
       ST_Multi(ST_GeomFromWKB(%(area)s::bytea, 4326)), %(note)s, %(actor)s,
       nextval('mode_revision_seq')
FROM clock_timestamp() AS now
RETURNING period_id
