"""Images of a whole detector that other programs wrote."""
