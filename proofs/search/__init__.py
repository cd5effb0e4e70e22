"""Untrusted: what looks for multipliers, sums of squares and counterexamples."""
