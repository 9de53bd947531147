-- Where many duty posts wait to be written; gone with the transaction.
CREATE TEMPORARY TABLE staged_post (
    code text NOT NULL, kind text NOT NULL, unit_id int, exclusive_id int, role text NOT NULL,
    contact text NOT NULL, ref text, shift_calendar text, shift text
) ON COMMIT DROP
