"""T5e and T6e on random sequences with errors: no bound may be exceeded.

Both theorems take as errors whatever H1 and H2 lack, so *every* sequence (q_k, l_k, d_k) with
q_k ≥ 0, l_k ≥ 0 and q_k ≤ c·d_k is an instance: r_k = q_k^{1/θ}, ‖e_k‖ = l_k, dist = d_k. Half of
the sequences are drawn freely (bursts, slow and fast decay), half follow H1, H2 and KL as
equations but for an error now and then, which is where the bounds are nearest. An *instance* is
one row of one sequence and one conclusion; each is decided by the audit's own balls, or open.

    python tests/controls/inexact_lengths.py [INSTANCES]
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
from numpy.typing import NDArray

from amverify.judge.audit import audit
from amverify.numbers.balls import Ball
from amverify.numbers.formulas import evaluate
from amverify.theorems import theorem
from amverify.theorems.base import Context, Instances, Theorem, View
from amverify.theorems.inexact_rates import ERROR
from amverify.trace.trace import Trace

STEPS, RUNS = 24, 4
THETAS = (0.5, 0.75, 0.25)
Rows = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def freely(draw: np.random.Generator, c: float) -> Rows:
    """r^θ, lengths and distances of any kind."""
    k = np.arange(1, STEPS + 1)
    fall = float(draw.choice([0.0, 1.0, 3.0]))
    q, lengths = (np.exp(draw.normal(0, 1.5, STEPS)) * k**-fall for _ in range(2))
    q[draw.random(STEPS) < 0.1] *= 1e-6
    lengths[draw.random(STEPS) < 0.2] *= 1e-6
    return q, lengths, q / c * (1 + draw.exponential(1.0, STEPS) * draw.integers(0, 2))


def nearly(draw: np.random.Generator, known: dict[str, float]) -> Rows:
    """H1, H2 and KL as equations, but where an error is drawn."""
    a, b, c, theta = (known[name] for name in ("a", "b", "c", "theta"))
    r, e0, e1 = [float(np.exp(draw.normal()))], 0.0, float(np.exp(draw.normal(0, 0.5)))
    lengths, dist = [e1], [r[0] ** theta / c]
    for _ in range(STEPS - 1):
        wanted = (c * b * (e1 + e0) * float(draw.uniform(0.5, 1.0))) ** (1 / theta)
        error = float(draw.exponential(0.3) * (draw.random() < 0.2))
        following = max(min(r[-1] * 0.999, wanted), 1e-12)
        e0, e1 = e1, float(np.sqrt((r[-1] - following + error) / a))
        r.append(following + error * float(draw.random()))
        lengths.append(e1)
        dist.append(r[-1] ** theta / c)
    return np.array(r) ** theta, np.array(lengths), np.array(dist)


def sequence(seed: int) -> tuple[Trace, dict[str, float]]:
    """Some runs with one a, b, c, θ, as a trace; Ψ* = 0, and all numbers are what they say."""
    draw = np.random.default_rng(seed)
    known = dict(zip("abc", np.exp(draw.normal(0, 0.7, 3)).tolist(), strict=True))
    known["theta"] = THETAS[seed % len(THETAS)]
    columns: dict[str, list[NDArray[np.float64]]] = {}
    for replicate in range(RUNS):
        made = freely(draw, known["c"]) if replicate % 2 else nearly(draw, known)
        for name, column in _columns(*made, known["theta"], replicate).items():
            columns.setdefault(name, []).append(column)
    sweeps = {name: np.concatenate(parts) for name, parts in columns.items()}
    return Trace({"subject": "by hand", "settings": {"dtype": "float64"}}, sweeps=sweeps), known


def _columns(
    q: NDArray[np.float64], e: NDArray[np.float64], d: NDArray[np.float64], theta: float, run: int
) -> dict[str, NDArray[np.float64]]:
    """One run; r as float64 has it, d raised by a part in 2⁴⁰ so that KL is kept for sure."""
    r = q ** (1 / theta)
    before = np.concatenate(([0.0], e[:-1]))
    change = np.concatenate(([0.0], np.diff(r)))
    made = {"value": r, "change": change, "step": e * e, "inertia": before * before}
    found = {"residual": d * (1 + 2.0**-40), "norm": np.ones(STEPS), **made}
    unsure = ("step", "inertia", "change")
    errors = {f"{n}_error": np.abs(v) * (2.0**-52 if n in unsure else 0) for n, v in found.items()}
    place = {"sweep": np.arange(STEPS), "replicate": np.full(STEPS, run)}
    return {**place, **found, **errors, "execution": np.zeros(STEPS)}


def each_its_own(view: View, ctx: Context) -> Instances:
    """T6e's rows with ω of every row the error of that row, as nearly as it can be declared."""
    found = view(ctx)
    if not found.values:
        return found
    error = evaluate(ERROR, found.values)
    level = Ball.of((error.mid + error.rad) * (1 + 2.0**-40))
    return replace(found, values={**found.values, "omega": level})


def sharp() -> Theorem:
    """T6e where ω leaves no room."""
    whole = theorem("T6e")
    parts = (replace(p, view=partial(each_its_own, p.view)) for p in whole.conclusions)
    return replace(whole, conclusions=tuple(parts))


def judged(claim: Theorem, seed: int) -> tuple[Counter[str], str]:
    """Instances of one theorem on one seed's runs, and the reason if it is not HOLDS."""
    trace, known = sequence(seed)
    constants = {**known, "fstar": 0.0, "tau": 1e300, "omega": 1e300}
    asked = {p.name: constants[p.name] for p in claim.parameters}
    found = audit(trace, [claim], asked).findings[0]
    counts = Counter(
        decided=found.counts.decided + found.counts.exact,
        open=found.counts.floor,
        failed=found.counts.failed,
    )
    return counts, "" if str(found.verdict) == "HOLDS" else f"seed {seed}: {found.reason}"


def main() -> int:
    """Seed after seed until both theorems were decided often enough; 1 if one is not kept."""
    claims = {"T5e": theorem("T5e"), "T6e": sharp()}
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    total, reasons, seed = {name: Counter[str]() for name in claims}, list[str](), 0
    while min(counts["decided"] for counts in total.values()) < wanted:
        for name, counts in total.items():
            found, reason = judged(claims[name], seed)
            counts.update(found)
            reasons += [f"{name}, {reason}"] if reason else []
        seed += 1
    print(*reasons[:20], sep="\n")
    for name, counts in total.items():
        print(name, dict(counts), f"on {seed * RUNS} sequences, {len(reasons)} not HOLDS")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
