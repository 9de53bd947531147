-- One intake channel.
INSERT INTO channel (channel, name_zh, name_en, kind)
VALUES (%(channel)s, %(name_zh)s, %(name_en)s, %(kind)s)
ON CONFLICT (channel) DO UPDATE
SET name_zh = excluded.name_zh, name_en = excluded.name_en, kind = excluded.kind
