"""The figures that a port is searched for: those of the reference, and what they are made from."""
