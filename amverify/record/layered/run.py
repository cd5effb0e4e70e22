r"""A layered method on a problem, run and traced.

    trace = traced(tiam, problem, gaussian(problem.widths, seed), sweeps=200)
    report = audit(trace, ["T1", "T3", "C1"])

Method and theorems do not know each other: the method leaves block records, this function turns
them into the rows of a trace, adds F, Ψ and ε sweep by sweep, and measures residuals and gaps
every few sweeps, in float64 whatever the run is in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import NoneType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput, brief, is_whole, of_kinds
from amverify.methods.base import Method
from amverify.methods.dladmm import DlADMMState
from amverify.methods.joint import JointTIAM
from amverify.methods.rows.record import unit
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point, squared_norm
from amverify.network.residual import residual
from amverify.numbers.roundoff import gamma
from amverify.record.header import versions
from amverify.record.layered.blocks import MethodRecorder
from amverify.record.layered.measures import Sizes, measure, squared_residuals, value_error, widened
from amverify.record.layered.partial import Partials, squares
from amverify.record.layered.summed import Summed
from amverify.record.limit import expect
from amverify.trace.columns import Column
from amverify.trace.trace import Trace

Squares = dict[tuple[str, int], tuple[Tensor, Tensor]]
"""‖·‖² of each block's residual, and a bound on its error."""


def traced(
    method: Method[Any],
    problem: LayeredProblem,
    parameters: Parameters,
    sweeps: int,
    *,
    measure_every: int = 10,
    header: Mapping[str, Any] | None = None,
    on_sweep: Callable[[int], None] | None = None,
    on_state: Callable[[Any], None] | None = None,
) -> Trace:
    """Run ``sweeps`` sweeps with recording on.

    A sweep after which F, its square (which bounds are made of) or a residual is not finite ends
    the run: it is left out of the trace, and the header's ``stopped`` says so.

    Args:
        method: any of the project's methods; it is run with ``record=True``.
        problem: what it minimises.
        parameters: initial weights and biases.
        sweeps: how many, at least 1.
        measure_every: residuals and gaps are measured after every so many sweeps and the last.
        header: JSON for the header: ``subject``, ``seed``, data hashes.
        on_sweep: called with k after sweep k.
        on_state: called with the state that the run starts from and with that after every sweep
            that the trace holds.

    Raises:
        InvalidInput: for no sweeps at all, or a start at which F or F² is not finite.
    """
    if not isinstance(method, Method):
        raise InvalidInput(f"method: one of amv's, such as amv.TIAM(), got {brief(method)}")
    if not isinstance(problem, LayeredProblem):
        raise InvalidInput(f"problem: a LayeredProblem, got {brief(problem)}")
    functions = (Callable, NoneType)
    kinds = {"header": (Mapping, NoneType), "on_sweep": functions, "on_state": functions}
    of_kinds(locals(), kinds)  # type: ignore[arg-type]
    if not is_whole(measure_every, 1):
        raise InvalidInput(f"measure_every: at least 1, got {brief(measure_every)}")
    if not is_whole(sweeps, 1):
        raise InvalidInput(f"sweeps: at least 1, got {brief(sweeps)}")
    expect(sweeps)
    recorded: Method[Any] = replace(method, record=True)  # type: ignore[type-var]
    state = recorded.initialise(problem, parameters)
    tracer = Tracer(recorded, problem, state)
    if on_state is not None:
        on_state(state)
    for k in range(1, sweeps + 1):
        before = state
        state = recorded.sweep(problem, before)
        measured = k % measure_every == 0 or k in (2, sweeps)
        if not tracer.after(k, before, state, measured):
            break
        if on_state is not None:
            on_state(state)
        if on_sweep is not None:
            on_sweep(k)
    expect(None)
    return tracer.trace(header or {})


class Tracer:
    """The trace of a run in progress, fed with each sweep's states."""

    def __init__(self, method: Method[Any], problem: LayeredProblem, state: Any) -> None:
        self.method, self.problem = method, problem
        self.wide = problem.double()
        self.layered = state.point is not None
        self.recorder = MethodRecorder()
        self.sweeps: dict[str, list[Tensor]] = {}
        self.measures: dict[str, list[Tensor]] = {}
        self.measured: list[int] = []
        self.residuals: dict[int, Squares] = {}
        under_penalty = isinstance(problem.coupling, Penalty)
        self.partials = Partials() if isinstance(method, TIAM) and under_penalty else None
        self.settings = _settings(method, problem, state)
        self.stopped: str | None = None
        self.nonfinite: dict[str, Any] = {}
        value = self._value(state)
        if not bool(torch.isfinite(value * value).all()):
            raise InvalidInput(
                "parameters: F, or its square, is not finite at the start; start from smaller "
                "weights or scale the data"
            )
        self._keep(0, state, value)

    def after(self, k: int, before: Any, state: Any, measured: bool) -> bool:
        """Take sweep k, from ``before`` to ``state``; False once it is not finite."""
        value = self._value(state)
        found = self._measured(k, before.point, state) if self.layered and measured else {}
        for name, column in {"F": value, "F²": value * value, **found}.items():
            if not bool(torch.isfinite(column).all()):
                self.stopped = f"sweep {k}: {name} is not finite"
                self.nonfinite = {"sweep": k, "what": "value" if name == "F" else name}
                return False
        self.recorder.sweep(k, state.rows)
        self._keep(k, state, value)
        if self.partials is not None:
            with torch.no_grad():
                self.partials.after(k, squares(self.wide, widened(state.point)))
        for name, column in found.items():
            self.measures.setdefault(name, []).append(column.cpu())
        self.measured += [k] * bool(found)
        return True

    def trace(self, header: Mapping[str, Any]) -> Trace:
        """All tables so far, on the host."""
        facts: dict[str, Any] = {
            "subject": self.method.name,
            "method": self.method.name,
            "dtype": str(self.problem.dtype).removeprefix("torch."),
            "iteration": "sweep",
            "settings": self.settings,
            "versions": versions(),
            **header,
        }
        if notes := [*self.method.notes(self.problem), *header.get("notes", ())]:
            facts["notes"] = notes
        if self.stopped:
            facts |= {"stopped": self.stopped, "nonfinite": self.nonfinite}
        blocks = dict(self.recorder.table())
        if blocks and self.residuals:
            blocks |= self._residuals(blocks)
        replicates, count = len(self.sweeps["value"][0]), len(self.sweeps["value"])
        sweeps = _table(self.sweeps, range(count), replicates)
        if blocks and self.partials is not None:
            blocks |= self.partials.columns(blocks)
        if blocks:
            sweeps |= self._summed(Summed(blocks, count, replicates), sweeps)
        return Trace(facts, blocks, sweeps, _table(self.measures, self.measured, replicates))

    def _residuals(self, blocks: Mapping[str, Column]) -> dict[str, Column]:
        """‖·‖² of the blocks' residuals in the measured sweeps; unknown in the others."""
        squared, error = np.zeros(len(blocks["sweep"])), np.full(len(blocks["sweep"]), np.inf)
        names = ("sweep", "replicate", "kind", "layer")
        for row, (k, who, kind, layer) in enumerate(
            zip(*(blocks[n].tolist() for n in names), strict=True)
        ):
            if k in self.residuals:
                own, off = self.residuals[k][kind.decode(), layer]
                squared[row], error[row] = float(own[who]), float(off[who])
        return {"residual": squared, "residual_error": error}

    def _summed(self, summed: Summed, sweeps: Mapping[str, Column]) -> dict[str, Column]:
        """What the rows of blocks sum to, and how far off Ψ is."""
        lyapunov = sweeps.get("lyapunov")
        start = self.settings.get("start_norm")
        size = None if start is None else math.hypot(*(v for n, v in start.items() if n != "x"))
        found = summed.columns(lyapunov is not None, size)
        if lyapunov is not None:
            few = gamma(64, unit(self.problem.dtype)) * np.abs(lyapunov)
            found["lyapunov_error"] = sweeps["value_error"] + summed.weight_error() + few
        return found

    def _value(self, state: Any) -> Tensor:
        """The method's objective at a state, as the method itself computes it."""
        with torch.no_grad():
            return self.method.objective(self.problem, state).double().reshape(-1)

    def _keep(self, k: int, state: Any, value: Tensor) -> None:
        row = {"value": value}
        if self.layered:
            with torch.no_grad():
                error = self._value_error(state, value)
            row["value_error"] = torch.full_like(value, error)
        if isinstance(self.method, TIAM | JointTIAM):
            with torch.no_grad():
                row["lyapunov"] = self.method.lyapunov(self.problem, state).double().reshape(-1)
        coupling = self.problem.coupling
        if isinstance(coupling, Band):
            row["eps"] = torch.full_like(value, coupling.at(max(k, 1)))
        rho = getattr(state, "rho", self.problem.rho)
        row["rho"] = torch.full_like(value, float(rho))
        for name, column in row.items():
            self.sweeps.setdefault(name, []).append(column.cpu())

    def _value_error(self, state: Any, value: Tensor) -> float:
        """The bound of ``value_error``; a float32 value is off by its own roundoff besides."""
        point = widened(state.point)
        error = value_error(self.wide, point, float(value.abs().max()))
        if isinstance(state, DlADMMState):
            sizes = Sizes.of(self.wide, point)
            dual = float(squared_norm(state.dual).max().sqrt())
            error += (
                gamma(2 * self.problem.samples * self.problem.widths[-1])
                * dual
                * (sizes.residuals[-1])
            )
        if self.problem.dtype == torch.float32:
            error *= 2.0**29 * 1.5
        return error

    def _measured(self, k: int, before: Point, state: Any) -> dict[str, Tensor]:
        """Residuals and gaps after sweep k."""
        coupling = self.problem.coupling
        eps = coupling.at(k) if isinstance(coupling, Band) else 0.0
        problem = self.wide
        rho = getattr(state, "rho", None)
        if rho is not None:
            problem = problem.reweighted(rho, rho)
        made_in, point = self.problem.dtype, widened(state.point)
        with torch.no_grad():
            known = residual(problem, point, eps, made_in)
            if isinstance(self.method, TIAM) and isinstance(coupling, Penalty):
                self.residuals[k] = squared_residuals(problem, point, known)
            return measure(problem, point, eps, widened(before), made_in, known)


def _table(columns: Mapping[str, list[Tensor]], sweeps: Any, replicates: int) -> dict[str, Column]:
    """Columns of (R,) tensors, a tensor a row of sweeps, as flat columns; all or nothing."""
    if not columns:
        return {}
    numbers = np.asarray(list(sweeps), dtype=np.int64)
    table: dict[str, Column] = {
        "sweep": np.repeat(numbers, replicates),
        "replicate": np.tile(np.arange(replicates), len(numbers)),
    }
    for name, parts in columns.items():
        table[name] = torch.stack(parts).double().numpy().reshape(-1)
    return table


def _settings(method: Method[Any], problem: LayeredProblem, state: Any) -> dict[str, Any]:
    """What theorems may ask of a run: facts of the problem and the method's parameters."""
    coupling = problem.coupling
    facts: dict[str, Any] = {
        "layers": problem.layers,
        "samples": problem.samples,
        "widths": list(problem.widths),
        "rho": problem.rho,
        "mu": problem.mu,
        "mu_bias": problem.mu_bias,
        "input_norm": problem.input_size * (1 + gamma(problem.space.inputs.numel() + 2)),
        "nu": coupling.nu if isinstance(coupling, Penalty) else 0.0,
        "coupling": "band" if isinstance(coupling, Band) else "penalty",
        "activation": problem.activation.name,
        "activation_lipschitz": problem.activation.lipschitz,
        "activation_at_zero": problem.activation.at_zero,
        "piecewise_linear": problem.activation.piecewise_linear,
        "loss": problem.loss.name,
        "loss_infimum": problem.loss.infimum,
        "loss_convex": True,
        "nonsmooth": "box",
        "loss_lipschitz": problem.loss.gradient_lipschitz,
    }
    if isinstance(method, TIAM):
        rule = method.rule
        asked = [rule.inertia.at(k) for k in (1, 10, 1000)]
        facts |= {
            "inertia": [max(p[i] for p in asked) for i in range(3)] if any(map(any, asked)) else [],
            "scale": rule.scale,
            "steps": rule.steps,
            "safeguard": rule.safeguard,
            "region": rule.region,
            "margin": rule.margin,
        }
    facts |= method.settings
    if state.point is not None:
        facts["start_norm"] = _start(problem, state.point)
        facts["starts_feasible"] = _feasible(problem, state.point)
    return facts


def _feasible(problem: LayeredProblem, point: Point) -> bool:
    """Whether a point lies in the first sweep's band, without any slack."""
    coupling = problem.coupling
    if isinstance(coupling, Penalty):
        return True
    return not bool((problem.infeasibility(point, coupling.at(1)) > 0).any())


def _start(problem: LayeredProblem, point: Point) -> dict[str, float]:
    """Frobenius norms of the start's blocks and of the inputs, rounded up."""
    named = {"x": problem.space.inputs}
    for kind, group in (("W", point.w), ("b", point.b), ("z", point.z), ("a", point.a)):
        named |= {f"{kind}_{i}": u for i, u in enumerate(group, start=1)}
    return {
        name: math.sqrt(float(squared_norm(u.double()).max())) * (1 + gamma(u.numel() + 2))
        for name, u in named.items()
    }
