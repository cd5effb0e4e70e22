"""The figures, in a line each: here, so that the command line's help need not import them."""

CONTENTS = {
    "descent": "F and the Lyapunov function sweep by sweep, and where a safeguard stepped in",
    "residuals": "block-wise and joint residual: published band, joint steps, penalty",
    "accuracy": "test accuracy against sweeps and against seconds, with the spread over seeds",
    "region": "the admissible region in (p1, p2), with T2's verdict and F's growth at its points",
    "slack": "T2's bound against the worst case over all convex functions",
    "kl": "KL plot: gap against gradient, with declared and fitted line, and T6's bound",
    "exponents": "fitted KL exponents with intervals, against the known truth",
    "published": "measured against published accuracies, from the tables' files",
    "tiles": "every theorem on every method and data set by verdict, from table 10's file",
    "step_sizes": "SAMT's step sizes by layer and kind, epoch by epoch",
    "initial_step": "accuracy against SAMT's initial step size, for each kind",
    "undecided": "instances left open in floats, and exactly, on a run past rounding",
    "cost": "time of a sweep against samples, hidden units and layers, from table 9's file",
    "recording": "what recording adds to a sweep or a step, by the hidden units",
}
