"""Loops on the families' problems, whose moduli are known: gradient, blocks, sums."""
