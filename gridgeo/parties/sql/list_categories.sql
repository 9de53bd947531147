-- All classes of matters, by scheme and code.
SELECT scheme, code, parent_code, name_zh, name_en FROM event_category
ORDER BY scheme COLLATE "C", code COLLATE "C"
