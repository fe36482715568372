"""The nanoBragg flags one by one: what each takes, and which field of the Experiment it sets."""
