"""From matched values to the line: what agrees, what is missing, and where it went wrong."""
