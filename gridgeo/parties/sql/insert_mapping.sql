-- A class that stands for one of another scheme from a rule set on.
INSERT INTO category_mapping (scheme, category, rule_sets, to_scheme, to_category)
VALUES (%(scheme)s, %(category)s, int4range(%(rule_set)s::int, NULL), %(to_scheme)s,
        %(to_category)s)
