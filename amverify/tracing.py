r"""A layered method on a problem, run and traced.

    trace = traced(tiam, problem, gaussian(problem.widths, seed), sweeps=200)
    report = audit(trace, ["T1", "T3", "C1"])

Method and theorems do not know each other: the method leaves block records, this function turns
them into the rows of a trace, adds F, Ψ and ε sweep by sweep, and measures residuals and gaps
every few sweeps, in float64 whatever the run is in.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.measuring import Sizes, measure, value_error, widened
from amverify.methods.base import Method
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band, Penalty
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point, squared_norm
from amverify.recording import MethodRecorder, versions
from amverify.rounding import gamma
from amverify.trace import Column, Trace

SUMMED = ("change", "step")


def traced(
    method: Method[Any],
    problem: LayeredProblem,
    parameters: Parameters,
    sweeps: int,
    *,
    measure_every: int = 10,
    subject: str | None = None,
    seed: int | None = None,
    header: Mapping[str, Any] | None = None,
    on_sweep: Callable[[int], None] | None = None,
) -> Trace:
    """Run ``sweeps`` sweeps with recording on.

    A sweep after which F is not finite ends the run: it is left out of the trace, and the
    header's ``stopped`` says so.

    Args:
        method: any of the project's methods; it is run with ``record=True``.
        problem: what it minimises.
        parameters: initial weights and biases.
        sweeps: how many, at least 1.
        measure_every: residuals and gaps are measured after every so many sweeps and the last.
        subject: a name for reports.
        seed: of the initial weights, for the header.
        header: more JSON for the header (data hashes, say).
        on_sweep: called with k after sweep k.

    Raises:
        InvalidInput: for no sweeps at all.
    """
    if sweeps < 1:
        raise InvalidInput(f"sweeps: at least 1, got {sweeps}")
    run = _Run(replace(method, record=True), problem, parameters, measure_every)  # type: ignore[type-var]
    stopped = run.go(sweeps, on_sweep or (lambda k: None))
    facts: dict[str, Any] = {
        "subject": subject or method.name,
        "method": method.name,
        "dtype": str(problem.dtype).removeprefix("torch."),
        "settings": run.settings,
        "versions": versions(),
        **(header or {}),
    }
    if seed is not None:
        facts["seed"] = seed
    if stopped:
        facts["stopped"] = stopped
    return run.trace(facts)


class _Run:
    """One traced run in progress."""

    def __init__(
        self,
        method: Method[Any],
        problem: LayeredProblem,
        parameters: Parameters,
        measure_every: int,
    ) -> None:
        self.method, self.problem, self.every = method, problem, measure_every
        self.wide = _in_float64(problem)
        self.state = method.initialise(problem, parameters)
        self.layered = hasattr(self.state, "point")
        self.recorder = MethodRecorder()
        self.sweeps: dict[str, list[Tensor]] = {}
        self.measures: dict[str, list[Tensor]] = {}
        self.measured: list[int] = []
        self.settings = _settings(method, problem, self.state)
        self._keep(0, self._value())

    def go(self, sweeps: int, on_sweep: Callable[[int], None]) -> str | None:
        """All sweeps; why it stopped early, if it did."""
        for k in range(1, sweeps + 1):
            before = self.state
            self.state = self.method.sweep(self.problem, before)
            value = self._value()
            if not bool(torch.isfinite(value).all()):
                return f"sweep {k}: F is not finite"
            self.recorder.sweep(k, self.state.records)
            self._keep(k, value)
            if self.layered and (k % self.every == 0 or k == sweeps or k == 2):
                self._measure(k, before.point)
            on_sweep(k)
        return None

    def _value(self) -> Tensor:
        """The method's objective at the state, by the formula of values, in float64."""
        with torch.no_grad():
            return self.method.objective(self.problem, self.state).double().reshape(-1)

    def _keep(self, k: int, value: Tensor) -> None:
        row = {"value": value}
        if self.layered:
            with torch.no_grad():
                error = self._value_error(value)
            row["value_error"] = torch.full_like(value, error)
        if isinstance(self.method, TIAM):
            with torch.no_grad():
                row["lyapunov"] = (
                    self.method.lyapunov(self.problem, self.state).double().reshape(-1)
                )
        coupling = self.problem.coupling
        if isinstance(coupling, Band):
            row["eps"] = torch.full_like(value, coupling.at(max(k, 1)))
        rho = getattr(self.state, "rho", self.problem.rho)
        row["rho"] = torch.full_like(value, float(rho))
        for name, column in row.items():
            self.sweeps.setdefault(name, []).append(column.cpu())

    def _value_error(self, value: Tensor) -> float:
        """The bound of ``value_error``; a float32 value is off by its own roundoff besides."""
        point = widened(self.state.point)
        error = value_error(self.wide, point, float(value.abs().max()))
        if self.problem.dtype == torch.float64 and not hasattr(self.state, "dual"):
            return error
        if hasattr(self.state, "dual"):
            sizes = Sizes.of(self.wide, point)
            dual = float(squared_norm(self.state.dual).max().sqrt())
            error += (
                gamma(2 * self.problem.samples * self.problem.widths[-1])
                * dual
                * (sizes.residuals[-1])
            )
        if self.problem.dtype == torch.float32:
            error *= 2.0**29 * 1.5
        return error

    def _measure(self, k: int, before: Point) -> None:
        coupling = self.problem.coupling
        eps = coupling.at(k) if isinstance(coupling, Band) else 0.0
        problem = self.wide
        rho = getattr(self.state, "rho", None)
        if rho is not None:
            problem = problem.reweighted(rho, rho)
        with torch.no_grad():
            found = measure(problem, widened(self.state.point), eps, widened(before))
        for name, column in found.items():
            self.measures.setdefault(name, []).append(column.cpu())
        self.measured.append(k)

    def trace(self, header: dict[str, Any]) -> Trace:
        """All tables, on the host."""
        blocks = dict(self.recorder.table())
        replicates = len(self.sweeps["value"][0])
        count = len(self.sweeps["value"])
        sweeps = _table(self.sweeps, range(count), replicates)
        if blocks:
            sweeps |= _sums(blocks, count, replicates)
        measures = _table(self.measures, self.measured, replicates)
        return Trace(header, blocks, sweeps, measures)


def _in_float64(problem: LayeredProblem) -> LayeredProblem:
    """The same problem, the very numbers of its inputs, to be evaluated in float64."""
    wide = copy.copy(problem)
    space = replace(problem.space, inputs=problem.space.inputs.double())
    facts = {"dtype": torch.float64, "space": space, "target": problem.target.double()}
    for name, value in facts.items():
        object.__setattr__(wide, name, value)
    for cached in ("input_norm_squared", "averaging"):
        wide.__dict__.pop(cached, None)
    return wide


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


def _sums(blocks: Mapping[str, Column], count: int, replicates: int) -> dict[str, Column]:
    """Σ of ΔF and ‖e‖² over the blocks of each sweep, with their rounding; 0 at the start."""
    place = blocks["sweep"] * replicates + blocks["replicate"]
    total = count * replicates
    most = int(np.bincount(place, minlength=total).max())
    found: dict[str, Column] = {}
    for name in SUMMED:
        values, errors = blocks[name], blocks[f"{name}_error"]
        found[name] = np.bincount(place, values, total)
        spread = np.bincount(place, np.abs(values), total)
        found[f"{name}_error"] = np.bincount(place, errors, total) * (1 + gamma(most)) + (
            gamma(most) * spread
        )
    return found


def _settings(method: Method[Any], problem: LayeredProblem, state: Any) -> dict[str, Any]:
    """What theorems may ask of a run: facts of the problem and the method's parameters."""
    coupling = problem.coupling
    facts: dict[str, Any] = {
        "layers": problem.layers,
        "samples": problem.samples,
        "widths": list(problem.widths),
        "rho": problem.rho,
        "mu": problem.mu,
        "nu": coupling.nu if isinstance(coupling, Penalty) else 0.0,
        "coupling": "band" if isinstance(coupling, Band) else "penalty",
        "activation": problem.activation.name,
        "loss": problem.loss.name,
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
            "margin": rule.margin,
        }
    if hasattr(state, "point"):
        facts["start_norm"] = _start(problem, state.point)
    return facts


def _start(problem: LayeredProblem, point: Point) -> dict[str, float]:
    """Frobenius norms of the start's blocks and of the inputs, rounded up."""
    named = {"x": problem.space.inputs}
    for kind, group in (("W", point.w), ("b", point.b), ("z", point.z), ("a", point.a)):
        named |= {f"{kind}_{i}": u for i, u in enumerate(group, start=1)}
    return {
        name: math.sqrt(float(squared_norm(u.double()).max())) * (1 + gamma(u.numel() + 2))
        for name, u in named.items()
    }
