"""What can be wrong with a rule document that its cells alone do not show."""
