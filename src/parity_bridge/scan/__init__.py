"""Two sides over a whole region: every pixel compared, tile by tile, wherever the tiles are run."""
