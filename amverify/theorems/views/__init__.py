"""How theorems read a trace: symbols of a claim as balls, row by row."""
