"""Optimisers that are not ours: how each is made, and whether a recorder records it right.

A run is made twice on one small problem: by a loop of its own that writes down every point at
which a step starts and the one at which the run ends, and once more with a recorder. *Recorded
right* means that the recorder's points are those, bit for bit, and that its values, gradients and
steps are what f, ∇f and the points give in float64, up to rounding. Else it has to be *refused*
when it is attached, with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.record.recorder import Recorder
from amverify.trace.trace import Trace

STEPS = 2
ROWS = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 3.0], [2.0, 0.5, -1.0], [0.25, 1.5, 1.0]])


@dataclass(frozen=True)
class Foreign:
    """One optimiser.

    Args:
        package: that it is from, as it is imported.
        name: in that package.
        settings: its arguments besides the parameters.
        closure: ``step`` wants a closure: none, or one that makes the gradients.
        wants: what else it needs: ``train`` to be called, a base ``optimizer`` inside.
    """

    package: str
    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    closure: bool = False
    wants: str = ""

    def __str__(self) -> str:
        return f"{self.package}.{self.name}"

    @property
    def missing(self) -> str:
        """Why it cannot be looked at here."""
        if find_spec(self.package.partition(".")[0]) is None:
            return f"{self.package} is not installed"
        found = hasattr(import_module(self.package), self.name)
        return "" if found else f"this {self.package} has no {self.name}"

    def made(self, params: list[Tensor]) -> Any:
        """The optimiser on these parameters."""
        cls = getattr(import_module(self.package), self.name)
        if self.wants == "base":
            return cls(torch.optim.SGD(params, lr=0.05), **self.settings)
        if self.wants == "class":
            return cls(params, base_optimizer=torch.optim.SGD, lr=0.05, **self.settings)
        optimizer = cls(params, **self.settings)
        if self.wants == "train":
            optimizer.train()
        return optimizer


def _of(package: str, names: str, **settings: Any) -> list[Foreign]:
    return [Foreign(package, name, settings) for name in names.split()]


TORCH = [
    *_of("torch.optim", "SGD Adam AdamW Adamax NAdam RAdam RMSprop Adagrad ASGD Rprop", lr=0.05),
    *_of("torch.optim", "Adadelta Adafactor"),
    Foreign("torch.optim", "LBFGS", {"lr": 0.5}, closure=True),
    Foreign("torch.optim", "Muon", {"lr": 0.05}, wants="matrices"),
    Foreign("torch.optim", "SparseAdam", {"lr": 0.05}, wants="sparse"),
]
OTHERS = [
    *_of(
        "pytorch_optimizer",
        "Lion AdaBelief Adan Yogi RAdam Lamb LARS MADGRAD AdaBound DiffGrad StableAdamW "
        "Tiger Prodigy QHAdam AggMo PID SGDW AdaPNM Amos CAME NovoGrad SWATS ADOPT",
        lr=0.01,
    ),
    Foreign("pytorch_optimizer", "Lookahead", wants="base"),
    Foreign("pytorch_optimizer", "SAM", closure=True, wants="class"),
    *(
        Foreign("schedulefree", name, {"lr": 0.05}, wants="train")
        for name in ("SGDScheduleFree", "AdamWScheduleFree", "RAdamScheduleFree")
    ),
    *_of("prodigyopt", "Prodigy"),
]
FOREIGN = [*TORCH, *OTHERS]


class Problem:
    """f(W, v) = ½‖tanh(XW)v − y‖² + ½‖W‖² on four samples, in float32."""

    def __init__(self, foreign: Foreign) -> None:
        torch.manual_seed(0)
        self.w = torch.randn(3, 4, requires_grad=True)
        self.v = torch.randn(4, 4 if foreign.wants == "matrices" else 1, requires_grad=True)
        self.params = [self.w, self.v]
        self.optimizer = foreign.made(self.params)
        self.foreign = foreign

    def value(self, w: Tensor | None = None, v: Tensor | None = None) -> Tensor:
        """f at the parameters, or at these."""
        w, v = self.w if w is None else w, self.v if v is None else v
        off = torch.tanh(ROWS.to(w.dtype) @ w) @ v - 1
        return 0.5 * (off * off).sum() + 0.5 * (w * w).sum()

    def step(self) -> None:
        """One step as the optimiser wants it."""

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            found = self.value()
            found.backward()  # type: ignore[no-untyped-call]
            return found

        if self.foreign.closure:
            closure()
            self.optimizer.step(closure)
            return
        closure()
        if self.foreign.wants == "sparse":
            for p in self.params:
                assert p.grad is not None
                p.grad = p.grad.to_sparse()
        self.optimizer.step()

    @property
    def point(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """All parameters as one vector."""
        return torch.cat([p.detach().double().reshape(-1) for p in self.params]).numpy()


def by_hand(foreign: Foreign) -> list[Any]:
    """The points of a run that nobody records."""
    problem, points = Problem(foreign), []
    for _ in range(STEPS):
        points.append(problem.point)
        problem.step()
    return [*points, problem.point]


def recorded(foreign: Foreign) -> Trace:
    """The same run with a recorder.

    Raises:
        InvalidInput: if it is refused.
    """
    problem = Problem(foreign)
    recorder = Recorder.attach(problem.optimizer, problem.value, keep_iterates=1)
    for _ in range(STEPS):
        problem.step()
    recorder.detach()
    return recorder.trace()


def expected(foreign: Foreign, points: list[Any]) -> dict[str, list[float]]:
    """f, ‖∇f‖² and ‖e‖² at the points of the loop by hand, in float64."""
    problem = Problem(foreign)
    found: dict[str, list[float]] = {"value": [], "gradient": []}
    for x in points:
        cut = problem.w.numel()
        w = torch.tensor(x[:cut]).reshape(problem.w.shape).requires_grad_()
        v = torch.tensor(x[cut:]).reshape(problem.v.shape).requires_grad_()
        f = problem.value(w, v)
        slopes = torch.autograd.grad(f, (w, v))
        found["value"].append(float(f))
        found["gradient"].append(sum(float((g * g).sum()) for g in slopes))
    steps = np.diff(np.array(points), axis=0)
    found["step"] = [0.0, *(float(e @ e) for e in steps)]
    return found


def faults(foreign: Foreign, trace: Trace) -> Iterator[str]:
    """What a record of it has wrong; nothing where it is right."""
    points = by_hand(foreign)
    if len(trace.iterates) != len(points):
        yield f"{len(trace.iterates)} points instead of {len(points)}"
        return
    for k, x in enumerate(points):
        if not np.array_equal(trace.iterates[k]["x"], x):
            yield f"another point in row {k}"
    for name, wanted in expected(foreign, points).items():
        off = np.abs(trace.sweeps[name] - wanted)
        allowed = trace.sweeps[f"{name}_error"] + 1e-12 * (np.abs(wanted) + 1)
        if not (off <= allowed).all():
            yield f"{name} is off by {off.max():.3g}"
    if "stopped" in trace.header:
        yield f"it ended: {trace.header['stopped']}"


def outcome(foreign: Foreign) -> tuple[str, str]:
    """*recorded*, *refused*, *wrong* or *not looked at*, and what there is to say."""
    if foreign.missing:
        return "not looked at", foreign.missing
    try:
        trace = recorded(foreign)
    except InvalidInput as error:
        return "refused", str(error)
    found = list(faults(foreign, trace))
    if found:
        return "wrong", "; ".join(found)
    return "recorded", "; ".join(trace.header.get("notes", ()))


def main() -> None:
    """Print the table of docs/foreign.md."""
    print("| optimiser | outcome | |\n|---|---|---|")
    for one in FOREIGN:
        print("|", " | ".join((f"`{one}`", *outcome(one))), "|")


if __name__ == "__main__":
    main()
