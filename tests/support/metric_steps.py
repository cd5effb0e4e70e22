r"""Joint blocks in their metrics, naively: many small networks at once, measured in long double.

F = ½‖z_2 − T‖² + Σ_l (ρ/2)‖z_l − [a_{l−1} 1]V_lᵀ‖² + Σ (μ/2)‖W_l‖² + (μ_b/2)‖b_l‖², ReLU under a
band; blocks V_1 → (z_1, a_1) → V_2 → z_2. Written from the specification, without a line of the
method's: the columns are those that a recorded run of JointTIAM leaves. A ``Plan`` says with which
parameters blocks move, certified or not, and what is done wrongly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from amverify.network.activations import activation
from amverify.network.entries import joint_minimiser, model
from amverify.trace.trace import Trace

Array = NDArray[Any]
Parts = list[Array]
LONG = np.longdouble
RHO, MU, MU_BIAS, EPS, MARGIN = 0.5, 0.25, 0.125, 0.25, 0.1
SAMPLES, WIDTHS = 4, (3, 3, 2)
RELU = activation("relu")


@dataclass(frozen=True)
class Plan:
    """How blocks move: parameters by kind of block (numbers, or one a network), and faults.

    Args:
        s, t, p1, p2: by kind, V, y, z; ``certified`` cuts p1 and p2 as TH and TJ ask.
        c, inertia: what is wanted there: c of V and z, p2 of y.
        stretch: M = stretch·Q for V and z (1: its own Hessian), and κ of y.
        gradient: what a faulty program makes of a block's gradient.
        metric: by what the recorded lengths are too long.
    """

    s: Mapping[str, Any] = field(default_factory=lambda: {"V": 1.0, "y": 1.25, "z": 1.0})
    t: Mapping[str, Any] = field(default_factory=lambda: {"V": 1.25, "y": 1.0, "z": 1.0})
    p1: Mapping[str, Any] = field(default_factory=dict)
    p2: Mapping[str, Any] = field(default_factory=dict)
    certified: bool = True
    c: float = 0.125
    inertia: float = 0.5
    stretch: float = 1.0
    gradient: Callable[[str, Parts], Parts] = lambda kind, g: g
    metric: float = 1.0
    forgets: bool = False


def _sum(x: Array) -> Array:
    """Over all axes but the networks'."""
    return np.asarray(x.reshape(len(x), -1).sum(axis=1))


def _t(x: Array) -> Array:
    return np.swapaxes(x, -1, -2)


def _col(x: Any, count: int) -> Array:
    return np.broadcast_to(np.asarray(x, dtype=np.float64), (count,)).copy()


def _by(factor: Array, x: Array) -> Array:
    return factor.reshape(-1, *(1,) * (x.ndim - 1)) * x


@dataclass
class Networks:
    """Points of ``count`` networks: V (n, m + 1), z and a by layer."""

    x: Array
    target: Array
    v: Parts
    z: Parts
    a: Array

    @staticmethod
    def draw(count: int, seed: int) -> Networks:
        """Normal weights and data; z and a by a forward pass, z_2 by the target."""
        rng = np.random.default_rng(seed)
        n0, n1, n2 = WIDTHS
        x, target = rng.normal(size=(count, SAMPLES, n0)), rng.normal(size=(count, SAMPLES, n2))
        v = [rng.normal(size=(count, n1, n0 + 1)) / 2, rng.normal(size=(count, n2, n1 + 1)) / 2]
        z = np.asarray(bordered(x) @ _t(v[0]))
        return Networks(x, target, v, [z, target.copy()], np.maximum(z, 0))

    def parts(self, key: tuple[str, int]) -> Parts:
        """The arrays of a block."""
        kind, layer = key
        if kind == "V":
            return [self.v[layer - 1]]
        return [self.z[0], self.a] if kind == "y" else [self.z[1]]

    def put(self, key: tuple[str, int], new: Parts) -> None:
        """Move a block."""
        kind, layer = key
        if kind == "V":
            self.v[layer - 1] = new[0]
        elif kind == "y":
            self.z[0], self.a = new
        else:
            self.z[1] = new[0]

    def wide(self) -> Networks:
        """In long double."""
        return Networks(
            self.x.astype(LONG), self.target.astype(LONG), [u.astype(LONG) for u in self.v],
            [u.astype(LONG) for u in self.z], self.a.astype(LONG),
        )  # fmt: skip

    def inputs(self, layer: int) -> Array:
        """[a_{l−1} 1]."""
        return bordered(self.x if layer == 1 else self.a)

    def value(self) -> Array:
        """F."""
        total = _sum((self.z[1] - self.target) ** 2) / 2
        for layer in (1, 2):
            gap = self.z[layer - 1] - self.inputs(layer) @ _t(self.v[layer - 1])
            total = total + RHO * _sum(gap**2) / 2
            total = total + _sum(ridge(self.v[layer - 1]) * self.v[layer - 1] ** 2) / 2
        return total


def bordered(a: Array) -> Array:
    """[A 1]."""
    return np.concatenate((a, np.ones_like(a[..., :1])), axis=-1)


def ridge(v: Array) -> Array:
    """μ for W, μ_b for b."""
    found = np.full(v.shape[-1], MU, dtype=v.dtype)
    found[-1] = MU_BIAS
    return found


BLOCKS = (("V", 1), ("y", 1), ("V", 2), ("z", 2))


@dataclass(frozen=True)
class Local:
    """H in one block, at a point: its gradient, its Hessian Q and its metric M, as forms."""

    at: Networks
    key: tuple[str, int]
    kappa: Array
    stretch: float

    def gradient(self, u: Parts, size: bool = False) -> Parts:
        """∇H at other values of the block; ``size``: of absolute values, with + for −."""
        kind, layer = self.key
        sign = np.abs if size else (lambda x: x)
        minus = (lambda x: np.abs(x)) if size else (lambda x: -x)
        p = self.at
        if kind == "V":
            a, v = sign(p.inputs(layer)), sign(u[0])
            gap = a @ _t(v) + minus(p.z[layer - 1])
            return [RHO * _t(gap) @ a + ridge(v) * v]
        below = sign(p.inputs(layer)) @ _t(sign(p.v[layer - 1]))
        first = RHO * (sign(u[0]) + (below if size else -below))
        if kind == "z":
            return [first]
        w, b = sign(p.v[1][..., :-1]), sign(_t(p.v[1][..., -1:]))
        above = sign(u[1]) @ _t(w) + b + minus(p.z[1])
        return [first, RHO * above @ w]

    def hessian(self, x: Parts, y: Parts) -> Array:
        """⟨x, Qy⟩."""
        kind, layer = self.key
        if kind == "V":
            a = self.at.inputs(layer)
            image = _sum((a @ _t(x[0])) * (a @ _t(y[0])))
            return RHO * image + _sum(ridge(x[0]) * x[0] * y[0])
        if kind == "z":
            return RHO * _sum(x[0] * y[0])
        w = self.at.v[1][..., :-1]
        return RHO * (_sum(x[0] * y[0]) + _sum((x[1] @ _t(w)) * (y[1] @ _t(w))))

    def metric(self, x: Parts, y: Parts) -> Array:
        """⟨x, My⟩."""
        if self.key[0] != "y":
            return self.stretch * self.hessian(x, y)
        return RHO * _sum(x[0] * y[0]) + self.kappa * _sum(x[1] * y[1])

    def solve(self, g: Array) -> Array:
        """M⁻¹g for V."""
        a = self.at.inputs(self.key[1])
        q = self.stretch * (RHO * _t(a) @ a + np.diag(ridge(self.at.v[self.key[1] - 1])))
        return _t(np.linalg.solve(q, _t(g)))


@dataclass
class Run:
    """Networks in motion, and the rows that they leave."""

    plan: Plan
    point: Networks
    rows: dict[str, list[Array]] = field(default_factory=dict)
    sweeps: dict[str, list[Array]] = field(default_factory=dict)
    moved: dict[tuple[str, int], Parts] = field(default_factory=dict)
    length: dict[tuple[str, int], Array] = field(default_factory=dict)
    carried: dict[tuple[str, int], Array] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many networks."""
        return len(self.point.x)

    def visit(self, sweep: int, key: tuple[str, int]) -> None:
        """One update, measured."""
        kind, u = key[0], self.point.parts(key)
        kappa = RHO * self.plan.stretch * _sum(self.point.v[1][..., :-1] ** 2)
        here = Local(self.point, key, kappa, self.plan.stretch)
        past = self.moved.get(key, [np.zeros_like(x) for x in u])
        used = self._parameters(key, here, past)
        g = here.gradient([x + _by(used["p2"], d) for x, d in zip(u, past, strict=True)])
        g = self.plan.gradient(kind, g)
        plus = self._step(here, u, past, g, used)
        new = [x + _by(used["t"], y - x) for x, y in zip(u, plus, strict=True)]
        self._measure(sweep, here, u, new, past, used)
        self.point.put(key, new)
        e = [y - x for x, y in zip(u, new, strict=True)]
        self.moved[key] = [np.zeros_like(x) for x in e] if self.plan.forgets else e

    def _parameters(self, key: tuple[str, int], here: Local, past: Parts) -> dict[str, Array]:
        plan, kind, count = self.plan, key[0], self.count
        used = {n: _col(getattr(plan, n).get(kind, 0.0), count) for n in ("s", "t", "p1", "p2")}
        alpha = (used["s"] - 1) / 2 if kind == "y" else used["s"] / used["t"] - 0.5
        left = (2.0 if kind == "y" else 1.0) * (1 - MARGIN) * alpha
        held = self.carried.get(key, np.zeros(count))
        if plan.certified:
            now, old = here.metric(past, past), self.length.get(key, np.zeros(count))
            ratio = np.divide(old, now, out=np.zeros(count), where=now > 0)
            most = np.sqrt(np.maximum(held * (ratio if kind == "y" else left * ratio), 0))
            taken = np.minimum(plan.inertia if kind == "y" else plan.c, most * (1 - 2.0**-20))
            used["p2"] = taken if kind == "y" else np.zeros(count)
            used["p1"] = taken / used["s"]
        self.carried[key] = left
        return used | {"delta": held, "delta_next": left}

    def _step(
        self, here: Local, u: Parts, past: Parts, g: Parts, used: Mapping[str, Array]
    ) -> Parts:
        kind, s = here.key[0], used["s"]
        centre = [x + _by(used["p1"], d) for x, d in zip(u, past, strict=True)]
        if kind == "V":
            return [centre[0] - _by(1 / s, here.solve(g[0]))]
        if kind == "z":
            weight = s * here.stretch * RHO
            return [_by(1 / (weight + 1), _by(weight, centre[0]) - g[0] + here.at.target)]
        near = (centre[0] - _by(1 / (s * RHO), g[0]), centre[1] - _by(1 / (s * here.kappa), g[1]))
        c, d, z, a = (torch.from_numpy(x) for x in (*near, *u))
        kappa = torch.from_numpy(here.kappa).reshape(-1, 1, 1)
        new = joint_minimiser(RELU, c, d, RHO, kappa, EPS)
        kept = model(z, a, c, d, RHO, kappa) <= model(*new, c, d, RHO, kappa)
        kept &= (a - RELU(z)).abs() <= EPS
        return [torch.where(kept, x, y).numpy() for x, y in zip((z, a), new, strict=True)]

    def _measure(
        self, sweep: int, here: Local, u: Parts, new: Parts, past: Parts, used: Mapping[str, Array]
    ) -> None:
        kind, layer = here.key
        wide = Local(here.at.wide(), here.key, here.kappa.astype(LONG), here.stretch)
        u, new, past = ([x.astype(LONG) for x in part] for part in (u, new, past))
        e = [y - x for x, y in zip(u, new, strict=True)]
        d = [x - _by(used["p2"].astype(LONG), y) for x, y in zip(e, past, strict=True)]
        size = [np.abs(x) + np.abs(y) + np.abs(z) for x, y, z in zip(u, new, past, strict=True)]
        change = _dot(wide.gradient(u), e) + wide.hessian(e, e) / 2
        if kind == "z":
            change = change + _sum((u[0] - wide.at.target + e[0] / 2) * e[0])
        bulk = 3 * _dot(wide.gradient(size, size=True), size) + wide.hessian(size, size) + 1
        metric = Local(_absolute(wide.at), here.key, wide.kappa, here.stretch).metric(size, size)
        rough = (used["s"] + 1) * (bulk + metric + _sum(np.abs(wide.at.target)) ** 2)
        plain = {
            "change": change, "step": _dot(e, e), "cross": _dot(past, e),
            "inertia": _dot(past, past), "norm": _dot(new, new), "bend": wide.hessian(d, d),
            "metric_step": self.plan.metric * wide.metric(e, e),
            "metric_cross": self.plan.metric * wide.metric(past, e),
            "metric_inertia": self.plan.metric * wide.metric(past, past),
            "hessian_step": wide.hessian(e, e), "hessian_cross": wide.hessian(past, e),
        }  # fmt: skip
        old = self.length.get(here.key, np.zeros(self.count, dtype=LONG))
        self.length[here.key] = plain["metric_step"]
        found = {**plain, "metric_before": old}
        errors = {f"{n}_error": _error(x, rough) for n, x in found.items()}
        numbers = {n: np.asarray(x, dtype=np.float64) for n, x in found.items()}
        execution = np.asarray(rough * 2.0**-43, dtype=np.float64)
        one, zero = np.ones(self.count), np.zeros(self.count)
        self._row(self.rows, {
            "sweep": np.full(self.count, sweep), "replicate": np.arange(self.count),
            "kind": np.full(self.count, kind.encode(), dtype="S4"),
            "layer": np.full(self.count, layer),
            "update": np.full(self.count, b"joint" if kind == "y" else b"metric", dtype="S10"),
            **numbers, **errors, "execution": execution, "modulus": one, "gamma": zero, **used,
        })  # fmt: skip

    @staticmethod
    def _row(table: dict[str, list[Array]], columns: Mapping[str, Array]) -> None:
        for name, column in columns.items():
            table.setdefault(name, []).append(column)

    def finished(self, sweep: int) -> None:
        """The row of a sweep."""
        value = self.point.wide().value()
        change, error = np.zeros(self.count), np.zeros(self.count)
        for name, total in (("change", change), ("change_error", error)):
            for column in self.rows.get(name, [])[-len(BLOCKS) :]:
                total += column
        self._row(self.sweeps, {
            "sweep": np.full(self.count, sweep), "replicate": np.arange(self.count),
            "value": np.asarray(value, dtype=np.float64),
            "value_error": _error(value, 1 + 1000 * np.abs(value)),
            "change": change, "change_error": 2 * error + 2.0**-50 * np.abs(change),
            "eps": np.full(self.count, EPS), "execution": np.full(self.count, 2.0**-40),
        })  # fmt: skip


def _dot(x: Sequence[Array], y: Sequence[Array]) -> Array:
    return np.asarray(sum(_sum(a * b) for a, b in zip(x, y, strict=True)))


def _absolute(at: Networks) -> Networks:
    return Networks(
        np.abs(at.x), np.abs(at.target), [np.abs(v) for v in at.v], [np.abs(z) for z in at.z],
        np.abs(at.a),
    )  # fmt: skip


def _error(x: Array, size: Array) -> Array:
    """1000 roundings of long double in terms of this size, and one to float64."""
    rounding = 1000 * float(np.finfo(LONG).eps)
    return np.asarray(rounding * size + 2.0**-52 * np.abs(x), dtype=np.float64) * (1 + 2.0**-40)


def metric_run(plan: Plan | None = None, count: int = 4, sweeps: int = 6, seed: int = 0) -> Trace:
    """The trace of ``count`` networks over some sweeps."""
    run = Run(plan or Plan(), Networks.draw(count, seed))
    run.finished(0)
    for sweep in range(1, sweeps + 1):
        for key in BLOCKS:
            run.visit(sweep, key)
        run.finished(sweep)
    settings = {
        "dtype": "float64", "coupling": "band", "layers": 2, "margin": MARGIN, "inertia": True,
        "loss_convex": True, "starts_feasible": True, "nonsmooth": "box",
    }  # fmt: skip
    header = {"subject": "joint blocks, by hand", "settings": settings, "constants": {}}
    tables = ({n: np.concatenate(c) for n, c in t.items()} for t in (run.rows, run.sweeps))
    return Trace(header, *tables)
