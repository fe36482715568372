"""What kind of difference there is between two sides of a field, in one clause."""
