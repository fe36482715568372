"""Reading and writing, plain numbers, time stamps, threads: nothing of diffraction."""
