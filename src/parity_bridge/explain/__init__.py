"""Why two engines differ: inputs, stages of the chain, named behaviours and slips."""
