"""A million sweeps and steps: nothing grows, and what is carried on is what it would be afresh.

    python tests/controls/endurance.py --what tiam            # a quarter of an hour or more
    python tests/controls/endurance.py --what joint_tiam
    python tests/controls/endurance.py --what samt
    python tests/controls/endurance.py --what samt --count 20000

Of a sweep, now and then: every number of its rows against exact rational arithmetic, within the
stated bound (``tiam``; ``joint_tiam`` with its own rows); F no higher than it was, beyond the
rounding of its value; the band kept; what a state carries on from sweep to sweep (the image of the
first layer's displacement, the products pre) against the same formed afresh, in units of its norm.
Of a step of SAMT: every step size in its bounds, θ and the loss finite, the counters exact. Of
both: resident memory and the processor time of the first and the last tenth.
"""

from __future__ import annotations

import argparse
import gc
import math
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.joint_rows import Watch
from support.problems import parameters, problem
from support.records import check_records

from amverify.methods.joint import JointTIAM
from amverify.methods.tiam import TIAM
from amverify.network.coupling import Band
from amverify.record.layered.measures import value_error
from amverify.samt import SAMT

LOOKS = 200
"""Times at which a run is looked at."""
PAGE = resource.getpagesize()


@dataclass
class Tally:
    """What was seen: bytes and seconds by look, the worst of each measure, what was wrong."""

    resident: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def see(self, found: dict[str, float]) -> None:
        """One look more."""
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        self.resident.append(pages * PAGE)
        for name, value in found.items():
            self.worst[name] = max(self.worst.get(name, -math.inf), value)

    def __str__(self) -> str:
        tenth = max(len(self.seconds) // 10, 1)
        first, last = sum(self.seconds[:tenth]), sum(self.seconds[-tenth:])
        grown = self.resident[-1] - self.resident[tenth]
        worst = ", ".join(f"{name} {value:.3g}" for name, value in self.worst.items())
        return (
            f"first and last tenth {first:.1f} and {last:.1f} s of processor time, resident memory "
            f"{self.resident[-1] / 2**20:.0f} MiB, {grown / 2**20:+.2f} since the first; "
            f"{len(self.faults)} faults; {worst}"
        )


def relative(kept: Tensor, afresh: Tensor) -> float:
    """How far off what was carried on is, in units of the norm."""
    return float((kept - afresh).norm() / afresh.norm().clamp_min(1e-300))


def outside(p: Any, point: Any) -> float:
    """By how much a hidden unit is outside the band, at most."""
    eps = p.coupling.at(1)
    pairs = zip(point.z, point.a, strict=False)
    return max(float(((a - p.activation(z)).abs() - eps).max()) for z, a in pairs)


def _check(p: Any, method: Any, states: tuple[Any, Any, Any]) -> None:
    """Every number of the last recorded sweep against exact arithmetic."""
    if isinstance(method, TIAM):
        check_records(p, states[1], states[2])
        return
    watch = Watch(p, method)
    watch.sweep(states[0], states[1])
    watch.sweep(states[1], states[2])


def layered(method: Any, tally: Tally, count: int) -> Iterator[int]:
    """So many sweeps of a method on a small network; a look after each part."""
    more = {"mu_bias": 0.05} if isinstance(method, JointTIAM) else {}
    p = problem((3, 3, 2), 4, coupling=Band(0.2), mu=0.05, **more)
    recorded = replace(method, record=True)
    state = method.initialise(p, parameters(p))
    lowest, part = math.inf, max(count // LOOKS, 3)
    for k in range(part, count + 1, part):
        began = time.process_time()
        for _ in range(part - 2):
            state = method.sweep(p, state)
        earlier, before = state, recorded.sweep(p, state)
        state = recorded.sweep(p, before)
        tally.seconds.append(time.process_time() - began)
        value = float(p.value(state.point))
        allowed = 2 * value_error(p, state.point, value)
        found = {"F − lowest F, in its bound": (value - lowest) / allowed,
                 "outside the band": outside(p, state.point),
                 "step": math.dist(before.point.w[0].flatten().tolist(),
                                   state.point.w[0].flatten().tolist())}  # fmt: skip
        if isinstance(method, TIAM):
            d = state.displacement.w[0]
            found["first image, relative"] = relative(state.first_image, p.space.inputs @ d.mT)
        else:
            pairs = [(x, p.affine(state.point, n + 1)) for n, x in enumerate(state.pre)]
            found["pre, relative"] = max(relative(x, y) for x, y in pairs)
        try:
            _check(p, recorded, (earlier, before, state))
        except AssertionError as error:
            tally.faults.append(f"sweep {k}: {error}")
        if value - lowest > allowed:
            tally.faults.append(f"sweep {k}: F rose by {value - lowest:.3e}")
        lowest = min(lowest, value)
        tally.see(found)
        yield k


def stepped(tally: Tally, count: int) -> Iterator[int]:
    """So many steps of SAMT on a noisy regression; a look after each part."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    optimiser = SAMT(model, lr=0.02)
    x = torch.randn(64, 3)
    y = (x @ torch.tensor([[1.0], [-2.0], [0.5]])).tanh() + 0.1 * torch.randn(64, 1)
    low, high = optimiser.settings.bounds
    part, done, losses = max(count // LOOKS, 1), 0, []
    for k in range(part, count + 1, part):
        began = time.process_time()
        for _ in range(part):
            at = (8 * done) % 64
            last = optimiser.step(loss=mse_loss, inputs=x[at : at + 8], targets=y[at : at + 8])
            done += 1
        tally.seconds.append(time.process_time() - began)
        alphas = torch.cat([own.flatten() for own in optimiser.step_sizes().values()])
        weights = torch.cat([own.detach().flatten() for own in model.parameters()])
        losses.append(mse_loss(model(x), y).item())
        if not (alphas.isfinite().all() and weights.isfinite().all() and last.isfinite()):
            tally.faults.append(f"step {k}: not finite")
        if not bool(((low <= alphas) & (alphas <= high)).all()):
            tally.faults.append(f"step {k}: a step size outside its bounds")
        if optimiser.counters.parameter_updates != done * weights.numel():
            tally.faults.append(f"step {k}: {optimiser.counters} after {done} steps")
        tally.see({"largest α": float(alphas.max()), "−smallest α": -float(alphas.min()),
                   "largest |w|": float(weights.abs().max()), "loss": losses[-1]})  # fmt: skip
        yield k


def run(what: str, count: int) -> tuple[Tally, Iterator[int]]:
    """The tally of a run, and the run."""
    tally = Tally()
    if what == "samt":
        return tally, stepped(tally, count)
    if what == "tiam":
        return tally, layered(TIAM(), tally, count)
    return tally, layered(JointTIAM(momentum=0.3, inertia=0.3), tally, count)


def main() -> int:
    """Print the tally as it grows; status 1 where something was wrong."""
    about = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    about.add_argument("--what", choices=["tiam", "joint_tiam", "samt"], default="tiam")
    about.add_argument("--count", type=int, default=10**6)
    given = about.parse_args()
    torch.set_num_threads(1)
    tally, parts = run(given.what, given.count)
    for number, k in enumerate(parts):
        if number % 20 == 19:
            print(f"{k} of {given.what}: {tally}", flush=True)
    print(f"{given.count} of {given.what}: {tally}", *tally.faults,
          sep="\n")  # fmt: skip
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
