"""What stands on the ground: places, buildings, roads, barriers, assets; and search."""
