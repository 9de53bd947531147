-- Map versions, up to one, that do not follow the one before: a number left out, or no later instant.
SELECT version
FROM (
    SELECT version, valid_from,
           lag(version, 1, 0) OVER chain AS before, lag(valid_from) OVER chain AS earlier
    FROM map_version
    WHERE version <= %(version)s
    WINDOW chain AS (ORDER BY version)
) v
WHERE version <> before + 1 OR valid_from <= earlier
ORDER BY version
