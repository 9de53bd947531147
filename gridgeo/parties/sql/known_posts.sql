-- Codes of all duty posts; no order.
SELECT code FROM duty_post
