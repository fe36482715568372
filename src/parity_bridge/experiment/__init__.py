"""What is simulated, and how people write it down: words, headers, tables, regions."""
