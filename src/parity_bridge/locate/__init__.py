"""Where in a port's own source its values leave those of the reference."""
