"""Every value that a port makes while it computes, with the place in its source that made it."""
