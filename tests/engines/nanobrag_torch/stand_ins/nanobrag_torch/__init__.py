"""Stands in for the public port of this name: its interface as far as it is known, our physics."""
