"""Numbers that can be believed: balls, formulas over them, exact values, confidence."""
