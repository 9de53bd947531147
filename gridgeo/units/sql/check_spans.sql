-- Units that in some version have attributes and no shape, or a shape and no attributes, or a shape
-- that is stored as another kind (leaf or not) than its unit.
WITH named AS (SELECT unit_id, is_leaf, range_agg(versions) AS span FROM unit GROUP BY 1, 2),
drawn AS (SELECT unit_id, is_leaf, range_agg(versions) AS span FROM unit_shape GROUP BY 1, 2)
SELECT DISTINCT c.code
FROM named FULL JOIN drawn USING (unit_id, is_leaf)
JOIN unit_code c USING (unit_id)
WHERE named.span IS DISTINCT FROM drawn.span
ORDER BY c.code
