-- Every event: its id, place in degrees and the leaf it is filed under (its code in a version; the id
-- where that version has no such unit); no order.
SELECT e.event_id::text, ST_X(e.geom), ST_Y(e.geom), coalesce(u.code, '#' || e.unit_id)
FROM event e LEFT JOIN unit u ON u.unit_id = e.unit_id AND u.versions @> %(version)s::int
