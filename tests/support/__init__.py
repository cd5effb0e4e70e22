"""The slow, independent side of the tests: references, twins, rounding bounds, checks."""
