"""What is reported: taken in once, placed, assigned, followed."""
