"""Why an image differs from the reference's: what its intensities alone can show."""
