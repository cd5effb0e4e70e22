r"""Runs on small layered problems whose every row can be decided again, exactly.

    trace, exact = traced_exactly(tiam, problem, gaussian(problem.widths, seed), sweeps=200)
    report = audit(trace, ["T1", "T1p", "T3"], exact=exact)
    report["T1"].counts                         # decided, exact, floor, failed

Every float is a fraction, so between the points as they are stored ‖e‖², ⟨Δ, e⟩, ‖Δ‖²,
⟨d, ∇²H d⟩ and the change of F are rational numbers, R's part excepted where it has exp and log:
that one is a ball, as small as one asks (``amverify.judge.floor``). Near convergence, where a
measured margin drowns in the error of measuring it, they decide what the floats cannot.
"""

from amverify.record.exact.run import traced_exactly

__all__ = ["traced_exactly"]
