-- The classes of a rule set that stand for one of another scheme, in order.
SELECT scheme, category, to_scheme, to_category FROM category_mapping
WHERE rule_sets @> %(rule_set)s::int
ORDER BY scheme COLLATE "C", category COLLATE "C"
