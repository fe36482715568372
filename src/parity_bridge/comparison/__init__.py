"""Two sides compared: rows paired, tolerances, the noise of the inputs, named causes."""
