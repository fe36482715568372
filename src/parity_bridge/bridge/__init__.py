"""What the commands do: `run` and `trace`, from a checked request to its outcome."""
