-- A new party.
INSERT INTO party (code, name, kind, contact, synthetic)
VALUES (%(code)s, %(name)s, %(kind)s, %(contact)s, %(synthetic)s)
