"""Loops compiled by numba where it is installed (extra ``fast``), and whether it is."""
