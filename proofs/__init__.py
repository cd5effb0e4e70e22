"""Exact proofs of the theorems that the monitors evaluate."""
