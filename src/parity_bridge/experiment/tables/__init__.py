"""Tables of structure factors on disk: text and cache, and the box they span (contract §5)."""
