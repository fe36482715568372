"""Other people's images of a whole detector."""
