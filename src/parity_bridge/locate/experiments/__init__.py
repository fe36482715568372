"""The experiments that ``locate`` chooses: drawn at random, taken only where they tell apart."""
