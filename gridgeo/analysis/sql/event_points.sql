-- Points of events from an instant on, with their leaf. No order.
SELECT ST_X(geom), ST_Y(geom), unit_id FROM event
WHERE (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
