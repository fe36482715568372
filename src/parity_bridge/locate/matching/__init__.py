"""The search for the reference's figures among the values of a port, by value alone."""
