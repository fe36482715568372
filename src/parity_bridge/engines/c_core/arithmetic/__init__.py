"""The C core over dual numbers and binary128: derivatives, and how exact a value is."""
