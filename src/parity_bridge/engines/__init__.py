"""The engines, one room each, and the protocol they share."""
