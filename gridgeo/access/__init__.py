"""Who calls: keys, roles, permissions."""
