-- Let the statements of this transaction run for longer than those of other requests (`limit_ms`).
SELECT set_config('statement_timeout', %(limit_ms)s::text, true)
