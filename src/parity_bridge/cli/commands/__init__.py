"""One module per command: turn its arguments into a question, ask the bridge, print the answer."""
