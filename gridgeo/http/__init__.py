"""What every answer has in common: errors, limits, logs, metrics, health."""
