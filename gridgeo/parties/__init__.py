"""Who answers for what: parties, rules, categories, channels, duty posts."""
