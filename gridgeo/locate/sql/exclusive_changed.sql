-- Whether the exclusive grids of a version and of a later one differ.
SELECT EXISTS (
    SELECT FROM exclusive_grid
    WHERE (versions @> %(before)s::int) <> (versions @> %(version)s::int)
)
