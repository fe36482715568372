"""One module a command: its arguments into a question, the bridge, and the answer shown."""
