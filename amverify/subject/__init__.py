"""Subject and Claim: a function of yours that returns a trace, and what is claimed of it."""
