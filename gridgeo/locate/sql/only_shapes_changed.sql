-- Whether a version changed nothing but shapes of units: no attributes, no exclusive grid.
SELECT NOT EXISTS (
    SELECT FROM unit
    WHERE lower(versions) = %(version)s::int OR upper(versions) = %(version)s::int
) AND NOT EXISTS (
    SELECT FROM exclusive_grid
    WHERE lower(versions) = %(version)s::int OR upper(versions) = %(version)s::int
)
