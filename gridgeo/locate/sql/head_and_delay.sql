-- The live version, and the seconds since the first version after `served` was published; 0 when
-- there is none. One row; the version is null before the first city.
SELECT max(version) AS head,
       coalesce(extract(epoch FROM clock_timestamp()
                        - min(valid_from) FILTER (WHERE version > %(served)s::int)), 0)::float8
           AS seconds_behind
FROM map_version
