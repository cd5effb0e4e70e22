"""The command line of the proofs: what can be asked for, the answers, and their table."""
