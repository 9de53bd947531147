"""Files from elsewhere: what they say, where it lies, and the map or the rows that they make."""
