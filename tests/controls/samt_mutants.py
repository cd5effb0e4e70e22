"""Right runs and mutants for T5, T6, K2 and S1–S6 (``theorem_mutants`` counts them with the rest).

The KL run is gradient descent with its changes recorded beside its values, as an optimiser's loop
would: a reporting fault in one of them is then not the other's. The stochastic runs are sweeps on
finite sums, with expectations enumerated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np
from edits import column, times, unset
from subjects import Subject

from amverify.families import draw
from amverify.families.loops.ahead import AheadRule, ahead_trace
from amverify.families.loops.gradient import gradient_descent, step_size
from amverify.families.loops.scaled import scaled_momentum, scaled_path, scaled_trace
from amverify.families.loops.sums import SumRule, same_batch, stochastic_descent
from amverify.numbers.balls import Ball
from amverify.trace.trace import Trace

CLEAR = 2.0**-30
WELL, FLAT = draw("double_well", 0), draw("power", 0)
FRESH = SumRule(meta="fixed")
ONE = SumRule(fresh=False, meta="fixed", low=2.0**-4, high=2.0**-4 + 2.0**-8)
TRAINED = SumRule()
SUM = draw("finite_sum", 2)
PLAIN = AheadRule(most=2.0**-4)
AHEAD = AheadRule(beta=0.875, most=2.0**-9)
BALL = draw("quadratic", 50)


@cache
def descent(family: str) -> Trace:
    """Gradient descent with a column of changes."""
    problem = {"θ = ½": WELL, "θ > ½": FLAT}[family]
    trace = gradient_descent(problem, 40, step_size(problem, 1.0))
    value = Ball.of(trace.sweeps["value"], trace.sweeps["value_error"])
    change = value - value.take(np.r_[0, : len(value.mid) - 1])
    sweeps = {**trace.sweeps, "change": change.mid, "change_error": change.rad}
    return replace(trace, sweeps=sweeps)


def declared(family: str) -> dict[str, float]:
    """a, b, c, θ of the run; b and θ with room for their roundings."""
    problem = {"θ = ½": WELL, "θ > ½": FLAT}[family]
    eta, known = step_size(problem, 1.0), problem.constants
    modulus = float(known.L or 0)
    return {
        "a": (1 / eta - modulus / 2) * (1 - CLEAR),
        "b": (1 / eta + modulus) * (1 + CLEAR),
        "c": float(known.c or 0),
        "theta": float(known.theta or 0),
        "memory": 1.0,
        "tau": 2.0**-10,
        "omega": 2.0**-30,
    }


def momentum(beta: float = 0.25, claimed: float = 0.25) -> Trace:
    """Block descent with one momentum, recorded as another."""
    path = scaled_path(BALL, 12, 0.5, momentum=beta)
    return scaled_trace(BALL, replace(path, momentum=claimed))


def ahead(rule: AheadRule) -> Trace:
    """Sweeps with one batch each, all pasts of four of them enumerated."""
    return ahead_trace(SUM, 4, rule, pasts=4)[0]


KL_CLAIMS = ("T5", "T5e", "T6", "T6e", "K2")
SUBJECTS: dict[str, Subject] = {
    "KL run, θ = ½": Subject(partial(descent, "θ = ½"), KL_CLAIMS, declared("θ = ½")),
    "KL run, θ > ½": Subject(partial(descent, "θ > ½"), KL_CLAIMS, declared("θ > ½")),
    "momentum in the block": Subject(lambda: scaled_momentum(BALL, 12), ("S4m",), {}),
    "fresh batches": Subject(lambda: stochastic_descent(SUM, 6, FRESH), ("S1", "S2"), {}),
    "one batch a sweep": Subject(lambda: stochastic_descent(SUM, 6, ONE), ("S3",), {}),
    "lagged step sizes": Subject(lambda: stochastic_descent(SUM, 6, TRAINED), ("S1", "S5"), {}),
    "one batch, no extrapolation": Subject(partial(ahead, PLAIN), ("S7",), {}),
    "extrapolated sweeps": Subject(partial(ahead, AHEAD), ("S8",), {"ratio": 8.0, "scale": 0.001}),
    "the counterexample": Subject(same_batch, ("S6",), {}),
}

Edit = Callable[[Trace], Trace]
Fault = tuple[str, str, Callable[[], Trace], dict[str, float]]


def _final(trace: Trace) -> Trace:
    """Every row reports the last value; the changes are right."""
    value = np.full_like(trace.sweeps["value"], trace.sweeps["value"][-1])
    return replace(trace, sweeps={**trace.sweeps, "value": value})


def _settings(**found: object) -> Edit:
    def edit(trace: Trace) -> Trace:
        return replace(trace, header={**trace.header, "settings": {**trace.settings, **found}})

    return edit


def _kl() -> Iterator[tuple[str, str, Edit, dict[str, float]]]:
    for family in ("θ = ½", "θ > ½"):
        subject, known = f"KL run, {family}", declared(family)
        yield "value of the last sweep everywhere", subject, _final, {}
        yield "‖e‖² × 4", subject, column("sweeps", "step", times(4.0)), {}
        yield "‖∇f‖² × 100", subject, column("sweeps", "gradient", times(100.0)), {}
        yield "‖∇f‖² × 10⁻⁴", subject, column("sweeps", "gradient", times(1e-4)), {}
        yield "a × 2", subject, lambda t: t, {"a": known["a"] / 0.5}
        yield "b × 0.1", subject, lambda t: t, {"b": 0.1 * known["b"]}
        yield "c × 0.1", subject, lambda t: t, {"c": 0.1 * known["c"]}
        yield "f* raised", subject, lambda t: t, {"fstar": 0.01}


def _stochastic() -> Iterator[tuple[str, str, Edit, dict[str, float]]]:
    for subject in ("fresh batches", "lagged step sizes"):
        yield "variance forgotten", subject, column("blocks", "noise", unset), {}
        yield "modulus × 0.9", subject, column("blocks", "modulus", times(0.9)), {}
        yield "Σα∇² × 1.1", subject, column("blocks", "pull", times(1.1)), {}
        yield "sign flipped", subject, column("blocks", "expected_change", times(-1.0)), {}
        yield "step sizes trained on their own batch", subject, _settings(meta="same"), {}
        yield "batch reused, told", subject, _settings(resample=False), {}
        yield (
            "later batches change step sizes",
            subject,
            _settings(probe={"compared": 9, "earlier_changed": 1}),
            {},
        )
    yield "slopes × 1000", "fresh batches", column("sweeps", "mean_slopes", times(1e3)), {}
    yield "f* raised", "fresh batches", lambda t: t, {"fstar": 1e3}
    one = "one batch a sweep"
    yield "G² × 10⁻⁴", one, column("sweeps", "second_moment", times(1e-4)), {}
    yield "bias × 1000", one, column("blocks", "bias", times(1e3)), {}
    yield "L̄ × 10⁻⁴", one, lambda t: t, {"Lbar": 1e-4 * float(SUM.sample_modulus)}
    yield "sign flipped", one, column("sweeps", "expected_change", times(-1.0)), {}
    yield "two inner steps", one, _settings(inner=2), {}
    lagged = "lagged step sizes"
    yield "α above its bound", lagged, column("blocks", "alpha_high", times(8.0)), {}
    yield "α below its bound", lagged, column("blocks", "alpha_low", times(0.01)), {}
    nans = column("blocks", "hyper_bad", lambda x: np.ones_like(x))
    yield "meta-step on a NaN", lagged, nans, {}
    yield "lagged after all", "the counterexample", _settings(meta="lagged"), {}
    flipped = column("blocks", "expected_change", times(-1.0))
    yield "sign flipped", "the counterexample", flipped, {}
    held = "momentum in the block"
    yield "weights left × 1.5", held, column("blocks", "left", times(1.5)), {}
    yield "weights carried forgotten", held, column("blocks", "carried", unset), {}
    yield "ΔF of the wrong sign", held, column("blocks", "change", times(-1.0)), {}
    yield "modulus × 0.5", held, column("blocks", "modulus", times(0.5)), {}
    yield "‖e‖² × 4", held, column("blocks", "step", times(4.0)), {}


def _ahead() -> Iterator[tuple[str, str, Edit, dict[str, float]]]:
    for subject in ("one batch, no extrapolation", "extrapolated sweeps"):
        yield "step sizes trained on their own batch, told", subject, _settings(meta="same"), {}
        yield "two inner steps", subject, _settings(inner=2), {}
        yield "Σα(∂f)² × 1000", subject, column("sweeps", "pull", times(1e3)), {}
        yield "E‖∇f‖² × 1000", subject, column("sweeps", "mean_slope", times(1e3)), {}
        yield "steps beyond 1/(4BL̄)", subject, lambda t: t, {"Lbar": 1e6}
        yield "f* raised", subject, lambda t: t, {"fstar": 1e6}
        yield "L̄ × 10⁻⁶", subject, column("sweeps", "pull", times(30.0)), {"Lbar": 1e-6}
    plain, own = "one batch, no extrapolation", "extrapolated sweeps"
    yield "sign flipped", plain, column("sweeps", "expected_change", times(-1.0)), {}
    yield "extrapolated after all", plain, _settings(extrapolation=0.5), {}
    yield "sign flipped", own, column("sweeps", "ahead_change", times(-1.0)), {}
    yield "f at w instead of z", own, _at_end, {}
    yield "β of 1", own, _settings(extrapolation=1.0), {}


def _at_end(trace: Trace) -> Trace:
    """The change of f from w to w⁺ is recorded as that from z to z⁺, and no displacement."""
    names = ("ahead_change", "ahead_change_error")
    others = ("expected_change", "expected_change_error")
    told = {n: trace.sweeps[o] for n, o in zip(names, others, strict=True)}
    return replace(trace, sweeps={**trace.sweeps, **told})


def faults() -> Iterator[Fault]:
    """Fault, subject, the faulty run, and wrong constants."""
    for name, subject, edit, constants in (*_kl(), *_stochastic(), *_ahead()):
        make = SUBJECTS[subject].trace
        yield name, subject, (lambda make=make, edit=edit: edit(make())), constants
    reused = replace(FRESH, reused=True)
    yield "batch reused", "fresh batches", partial(stochastic_descent, SUM, 6, reused), {}
    reused = replace(TRAINED, reused=True)
    yield "batch reused", "lagged step sizes", partial(stochastic_descent, SUM, 6, reused), {}
    yield "momentum twice what is recorded", "momentum in the block", partial(momentum, 0.5), {}
    for fault, rule, subject in (
        ("step sizes trained on their own batch", PLAIN, "one batch, no extrapolation"),
        ("step sizes trained on their own batch", AHEAD, "extrapolated sweeps"),
    ):
        yield fault, subject, partial(ahead, replace(rule, fault="same")), {}
    huge = replace(AHEAD, most=0.6)
    yield "steps of 40m²/L̄", "extrapolated sweeps", partial(ahead, huge), {}
