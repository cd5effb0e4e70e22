"""Coq's part: statements generated from the theorem objects, and its answer."""
