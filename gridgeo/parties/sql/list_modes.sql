-- The operating modes, the lowest priority first.
SELECT mode, priority, name_zh, name_en FROM operating_mode ORDER BY priority
