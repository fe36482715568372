"""What ``locate`` found, rendered from its record alone: table, memo, lines for an editor."""
