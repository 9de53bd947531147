-- Which of these codes a duty post carries already. Index: duty_post_code_key.
SELECT code FROM duty_post WHERE code = ANY(%(codes)s)
