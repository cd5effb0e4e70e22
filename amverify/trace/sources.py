r"""Where what a trace may hold comes from: for each column and setting, the argument to pass.

A user who is told that something is missing is told what to pass, in the words of the call; a
column's name is ours. ``of`` is the kind of run that can have it at all:

| of | run |
|---|---|
| step | any optimiser, by ``amverify.Recorder``: rows are whole steps |
| block | a loop over blocks: rows are updates of blocks |
| layered | a layered network's blocks, by ``amverify.traced`` |
| joint | the same, by the one method whose blocks are [W, b] and (z, a), ``JointTIAM`` |
| training | training on batches, by ``amverify.ReplayedTraining`` or ``ReplayedSweeps`` |
| enumerated | training on few samples, all batches of which are enumerated |
| loop | the reference loops of ``amverify.families`` |
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from amverify.trace.columns import COLUMNS
from amverify.trace.trace import Trace

Kind = Literal["any", "step", "block", "layered", "joint", "training", "enumerated", "loop"]


@dataclass(frozen=True)
class Source:
    """The argument that supplies something, and the kind of run that has it.

    Args:
        call: with the argument, as it is written.
        of: the kind of run.
        note: what else does, or when.
    """

    call: str
    of: Kind = "any"
    note: str = ""

    @property
    def argument(self) -> str:
        """The call, and what else does."""
        return f"{self.call}{f', {self.note}' if self.note else ''}"


GRADIENT = Source(
    "recorder.step(x, value, gradient)", "step", "or Recorder.attach(…, gradient=True)"
)
VALUE_ERROR = Source("Recorder(value_error=…)", note="or operations=…, or a value of torch tensors")
ERROR = Source("Recorder(gradient_error=…)", "step", "or a value of torch tensors")
EVERY_STEP = Source("recorder.step(x, value)", "step", "at every step")
LAYERED = Source("amverify.traced(method, problem)", "layered")
BLOCKS = Source("amverify.traced(method, problem)", "block")
UPDATES = Source("recorder.block(name, x, value)", "block", "after each update of a block")
JOINT = Source("amverify.traced(JointTIAM(…), problem)", "joint")
MEASURED = Source("amverify.traced(measure_every=1)", "layered")
BATCHES = Source("ReplayedTraining(…).sweep(replay=…)", "training")
SWEEPS = Source("ReplayedSweeps(…).sweep(replay=…)", "training")
ENUMERATED = Source("amverify.families.loops.sums.stochastic_descent(problem)", "enumerated")
SCALED = Source("amverify.families.loops.scaled.scaled_descent(problem)", "loop")

_STEPS = {
    "value": Source("recorder.step(x, value)", note="or Recorder(value=f)"),
    "value_error": VALUE_ERROR,
    **dict.fromkeys(("gradient", "slope"), GRADIENT),
    **dict.fromkeys(("gradient_error", "slope_error", "departure_error", "used_error"), ERROR),
    **dict.fromkeys(("eta", "departure"), Source("Recorder(eta=…)", "step")),
    "momentum": Source("Recorder(momentum=…)", "step"),
    "execution": ERROR,
    **{
        f"{name}{error}": EVERY_STEP
        for name in ("step", "cross", "inertia", "norm")
        for error in ("", "_error")
    },
    **dict.fromkeys(("change", "change_error"), BLOCKS),
    **dict.fromkeys(("eps", "lyapunov", "lyapunov_error"), LAYERED),
    "rho": Source("recorder.trace(settings={'rho': …})", "block"),
    **dict.fromkeys(
        ("lyapunov_change", "residual", "joint_residual", "lyapunov_change_error",
         "residual_error", "joint_residual_error"), JOINT,
    ),
    **dict.fromkeys(("alpha_min", "alpha_max", "second_moment", "second_moment_error"), SWEEPS),
    **{
        f"{name}{error}": SWEEPS
        for name in ("pull", "noise", "displacement")
        for error in ("", "_error")
    },
}  # fmt: skip
_OF_JOINT = ("metric_", "hessian_", "model_gap", "second_", "floor", "ceiling", "residual")
_OF_BATCHES = ("alpha_low", "alpha_high", "pull", "square", "noise")
_OF_SCALED = ("weighted", "slope", "momentum", "inverse", "carried", "left")
OF_UPDATES = ("bend", "modulus", "s", "t", "p1", "p2")
"""Columns that a loop of one's own tells of each update of a block."""
_OF_LOOP = ("update", "value", "before", "change", "step", "cross", "inertia", "execution", "norm",
            "kind", "layer")  # fmt: skip
_OF_ENUMERATION = ("variance", "expected", "bias", "earlier", "predictable", "hyper", "alpha_ch")

_SETTINGS = {
    **{
        name: Source(f"recorder.trace(settings={{'{name}': {form}}})", "block")
        for name, form in (
            ("nonsmooth", "'none'"),
            ("coupling", "'none'"),
            ("layers", "…"),
            ("loss_lipschitz", "…"),
        )
    },
    "margin": BLOCKS,
    **dict.fromkeys(
        ("meta", "resample", "alpha_bounds", "extrapolation", "sampling", "jumps"), SWEEPS
    ),
}


def _of_block(name: str) -> Source:
    for names, source in (
        (_OF_JOINT, JOINT), (_OF_BATCHES, BATCHES), (_OF_SCALED, SCALED),
        (_OF_ENUMERATION, ENUMERATED),
    ):  # fmt: skip
        if name.startswith(names):
            return source
    told = name.removesuffix("_error")
    if told in OF_UPDATES:
        form = "amverify.within(…, …)" if told == "bend" else "…"
        return Source(f"recorder.block(name, x, value, {told}={form})", "block")
    return UPDATES if told in _OF_LOOP else BLOCKS


def lacking(trace: Trace, name: str) -> tuple[Source, ...]:
    """Who supplies what a sweep's column is made of: a departure is of η and of gradients."""
    if name != "departure":
        return (source("sweeps", name),)
    parts = [part for part in ("eta", "gradient") if part not in trace.sweeps]
    return tuple(source("sweeps", part) for part in parts) or (GRADIENT,)


def source(table: str, name: str) -> Source:
    """Who supplies a column, or a setting (``table`` is then ``settings``)."""
    if table == "settings":
        return _SETTINGS.get(name, LAYERED)
    if table == "measures":
        return MEASURED
    if table == "replays":
        return SWEEPS
    if table == "blocks":
        return _of_block(name)
    return _STEPS.get(name, ENUMERATED)


def meaning(table: str, name: str) -> str:
    """What a column holds, in words; of the column of its error bounds, whose it is."""
    known, whose = COLUMNS.get(table, {}), name.removesuffix("_error")
    if name in known or whose == name:
        return known.get(name, name)
    return f"a bound on the error of {known.get(whose, whose)}"


def kind_of(trace: Trace) -> Kind:
    """What kind of run a trace is of."""
    settings = trace.settings
    if "meta" in settings or "alpha_bounds" in settings:
        return "enumerated" if _has(trace, ("mean_slope", "mean_value")) else "training"
    if "widths" in settings:
        return "joint" if "metric_step" in trace.blocks else "layered"
    if "weighted" in trace.blocks:
        return "loop"
    return "block" if trace.blocks else "step"


def _has(trace: Trace, names: Iterable[str]) -> bool:
    return any(name in trace.sweeps for name in names)


_FAMILY: dict[Kind, tuple[Kind, ...]] = {
    "layered": ("layered", "block"),
    "joint": ("joint", "layered", "block"),
    "block": ("block",),
    "enumerated": ("enumerated", "training"),
}


def can_have(kind: Kind, of: Kind) -> bool:
    """Whether a run of some kind can be recorded with what runs ``of`` a kind have."""
    return of == "any" or of in _FAMILY.get(kind, (kind,))
