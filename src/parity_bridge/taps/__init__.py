"""What is recorded about a pixel: one module per tap, one schema for all engines."""
