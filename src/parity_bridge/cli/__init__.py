"""The command line: reads a request, hands it to the bridge, shows the answer."""
