-- Events by leaf, from an instant on; unit_id is null outside the city. No order.
SELECT unit_id, count(*) FROM event
WHERE (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
GROUP BY unit_id
