-- A party by its code, new or as it is from now on.
INSERT INTO party (code, name, kind, contact, synthetic)
VALUES (%(code)s, %(name)s, %(kind)s, %(contact)s, %(synthetic)s)
ON CONFLICT (code) DO UPDATE
SET name = excluded.name, kind = excluded.kind, contact = excluded.contact
