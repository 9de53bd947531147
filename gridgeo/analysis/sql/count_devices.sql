-- Devices by leaf; unit_id is null outside the city. No order.
SELECT unit_id, count(*) FROM device GROUP BY unit_id
