"""What a method writes of its sweeps into the trace: rows, norms and bounds on rounding."""
