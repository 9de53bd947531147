-- What tells one state of the assets and lines from any other: how many rows each transaction left.
-- A row that is written or changed carries the number of its transaction, newer than all before.
SELECT 'asset' AS source, xmin::text AS written_by, count(*) FROM asset GROUP BY xmin
UNION ALL
SELECT 'line', xmin::text, count(*) FROM line_feature GROUP BY xmin
ORDER BY source, written_by
