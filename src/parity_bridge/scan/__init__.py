"""Two sides over a whole region: every pixel compared, tile by tile, here or on a cluster."""
