-- The units of the live map by code, with the code of the unit that administers each; no order.
SELECT u.code, p.code FROM unit u
LEFT JOIN unit p ON p.unit_id = u.parent_id AND upper_inf(p.versions)
WHERE upper_inf(u.versions)
