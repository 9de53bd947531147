-- Every answer given about an event, oldest first, in the words of its own map version.
-- Index: event_assignment_pkey.
SELECT a.seq, a.decided_at, a.cause, a.map_version, a.rule_set, a.border_m, a.rule_id, a.reason,
       p.code AS party_code, p.name AS party_name, p.kind AS party_kind,
       p.contact AS party_contact, a.handling, a.mode,
       coalesce((SELECT json_agg(json_build_object(
                            'relation', b.relation,
                            'party', json_build_object('code', q.code, 'name', q.name,
                                                       'kind', q.kind, 'contact', q.contact))
                        ORDER BY b.relation, q.code COLLATE "C")
                 FROM jsonb_to_recordset(a.beside) AS b (relation text, party_id int)
                 JOIN party q USING (party_id)),
                '[]'::json) AS beside,
       coalesce((SELECT json_agg(json_build_object('code', u.code, 'level', u.level,
                                                   'name', u.name) ORDER BY s.ord)
                 FROM unnest(a.chain) WITH ORDINALITY AS s (unit_id, ord)
                 JOIN unit u ON u.unit_id = s.unit_id AND u.versions @> a.map_version),
                '[]'::json) AS chain,
       coalesce((SELECT json_agg(json_build_object('code', g.code, 'name', g.name)
                                 ORDER BY g.code)
                 FROM exclusive_grid g
                 WHERE g.exclusive_id = ANY(a.exclusive_ids) AND g.versions @> a.map_version),
                '[]'::json) AS exclusive
FROM event_assignment a
JOIN party p USING (party_id)
WHERE a.event_id = %(event_id)s
ORDER BY a.seq
