"""The language that proofs are written in: what may be granted, chains, ledgers, certificates."""
