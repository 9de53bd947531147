-- From whom to whom a publication moved land, with shares of the old unit.
INSERT INTO unit_lineage (version, from_unit_id, to_unit_id, kind, area_share, household_share)
VALUES (%(version)s, %(from_unit_id)s, %(to_unit_id)s, %(kind)s, %(area_share)s,
        %(household_share)s)
