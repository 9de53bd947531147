-- A rule that holds from a rule set on; codes are resolved to ids here.
INSERT INTO responsibility_rule
    (rule_sets, scope_unit_id, scope_exclusive_id, category_scheme, category, role, party_id)
SELECT int4range(%(rule_set)s::int, NULL),
       (SELECT unit_id FROM unit_code WHERE code = %(unit_code)s),
       (SELECT exclusive_id FROM exclusive_grid
        WHERE code = %(exclusive_code)s AND upper_inf(versions)),
       %(category_scheme)s, %(category)s, %(role)s,
       (SELECT party_id FROM party WHERE code = %(party_code)s)
