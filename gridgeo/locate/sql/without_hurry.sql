-- Let the rest of this transaction take and idle as long as it needs: a city is read and indexed.
SELECT set_config('statement_timeout', '0', true),
       set_config('idle_in_transaction_session_timeout', '0', true)
