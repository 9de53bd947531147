-- End a mode that has not ended, now or at its start if that is to come. Index: mode_period_pkey.
UPDATE mode_period
SET ends_at = greatest(coalesce(%(ends_at)s, clock_timestamp()), starts_at),
    switched_off_by = %(actor)s,
    revision = nextval('mode_revision_seq')
WHERE period_id = %(period_id)s AND coalesce(ends_at > clock_timestamp(), true)
RETURNING period_id
