-- Every device: its code, place in degrees and the leaf it is filed under (its code in a version; the
-- id where that version has no such unit); no order.
SELECT d.code, ST_X(d.geom), ST_Y(d.geom), coalesce(u.code, '#' || d.unit_id)
FROM device d LEFT JOIN unit u ON u.unit_id = d.unit_id AND u.versions @> %(version)s::int
