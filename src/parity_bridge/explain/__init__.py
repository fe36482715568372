"""Why two engines disagree: inputs, stages of the chain, named behaviours and slips."""
