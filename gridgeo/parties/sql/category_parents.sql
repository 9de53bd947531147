-- The class above each class of matters; no order.
SELECT scheme, code, parent_code FROM event_category
