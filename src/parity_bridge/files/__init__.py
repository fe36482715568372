"""Reading and writing, plain numbers, time stamps, threads: nothing about diffraction."""
