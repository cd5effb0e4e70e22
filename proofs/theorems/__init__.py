"""The proofs themselves, a file for each group of theorems."""
