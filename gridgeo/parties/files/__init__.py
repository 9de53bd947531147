"""Rule documents in files: a folder of CSV tables, or one YAML file with the same tables."""
