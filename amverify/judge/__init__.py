"""The judge: a theorem and a trace go in, a verdict with its evidence comes out."""
