-- Which of these codes a device carries already. Index: device_code_key.
SELECT code FROM device WHERE code = ANY(%(codes)s)
