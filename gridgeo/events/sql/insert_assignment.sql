-- The next answer about an event; earlier ones stay.
INSERT INTO event_assignment (event_id, seq, decided_at, cause, map_version, rule_set, unit_id,
                              chain, exclusive_ids, border_m, party_id, rule_id, reason,
                              handling, mode, beside)
SELECT %(event_id)s, coalesce(max(seq), 0) + 1, %(decided_at)s, %(cause)s, %(map_version)s,
       %(rule_set)s, %(unit_id)s, %(chain)s, %(exclusive_ids)s, %(border_m)s, %(party_id)s,
       %(rule_id)s, %(reason)s, %(handling)s, %(mode)s, %(beside)s
FROM event_assignment
WHERE event_id = %(event_id)s
