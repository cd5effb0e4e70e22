"""All that has to be trusted: terms, atoms, sums of squares, and the rules that make theorems."""
