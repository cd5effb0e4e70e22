"""A little made-up data for each figure."""

from __future__ import annotations

from itertools import product

from amverify.verdict import Verdict
from paper_figures.data.frame import Data, Frame
from paper_figures.figures import (
    accuracy,
    cost,
    descent,
    exponents,
    initial_step,
    kl,
    published,
    recording,
    region,
    residuals,
    slack,
    step_sizes,
    tiles,
    undecided,
)


def _of(*frames: Frame) -> Data:
    return Data(frames, "made up")


def enumerate_theorems() -> list[tuple[str, Verdict]]:
    return [(f"T{number}", verdict) for number, verdict in enumerate(Verdict)]


DATA = {
    "descent": _of(
        Frame.of_rows(
            "sweeps",
            descent.COLUMNS,
            [
                (name, k, 9.0 / k, 10.0 / k, float("nan") if name == "joint_tiam" else k % 3)
                for name in descent.SUBJECTS
                for k in range(1, 9)
            ],
        )
    ),
    "residuals": _of(
        Frame.of_rows(
            "residuals",
            residuals.COLUMNS,
            [
                (name, seed, k, (1.0 + seed) / k**2, 2.0 / k)
                for name, seed, k in product(residuals.SUBJECTS, (0, 1), range(10, 100, 10))
            ],
        )
    ),
    "accuracy": _of(
        Frame.of_rows(
            "accuracy",
            accuracy.COLUMNS,
            [
                (name, seed, k, 0.1 * k + seed, 1 - 1 / k)
                for name, seed, k in product(accuracy.METHODS, (0, 1), range(1, 20))
            ],
        )
    ),
    "region": _of(
        Frame.of_rows(
            "points",
            region.COLUMNS,
            [
                (0.0, 0.0, "HOLDS", "HOLDS", -0.5),
                (0.9, 0.0, "NOT_APPLICABLE", "VIOLATED", 5.0),
                (0.4, 0.6, "HOLDS", "VIOLATED", 0.1),
            ],
        ),
        Frame.of_rows(
            "borders",
            ("region", "p1", "p2"),
            [
                *((name, p, p) for name in ("R, p1 s > p2", "R, p1 s < p2", "R_z") for p in (0, 1)),
            ],
        ),
    ),
    "slack": _of(
        Frame.of_rows(
            "points",
            slack.COLUMNS,
            [
                (0.1, 0.2, 0.0, 1.0, side, x, x - 0.1, x - 0.1, x - 0.2, x - 0.2, x)
                for side in slack.SIDES
                for x in (-0.5, 0.0, 0.5)
            ],
        )
    ),
    "kl": _of(
        Frame.of_rows(
            "runs",
            kl.COLUMNS,
            [
                (name, k, 0.5**k, 0.7**k, 2 * 0.5**k, None if k < 2 else 0.5**k, 3 * 0.6**k)
                for name, k in product(kl.RUNS, range(9))
            ],
        )
    ),
    "exponents": _of(
        Frame.of_rows(
            "exponents",
            exponents.COLUMNS,
            [
                (name, seed, 0.5, 0.5 + 0.01 * seed, 0.49 + 0.012 * seed, 0.52 + 0.01 * seed)
                for name, seed in product(("power", "lasso"), range(3))
            ],
        )
    ),
    "published": _of(
        Frame.of_rows(
            "cells",
            published.COLUMNS,
            [
                ("mDLAM", "one", "table2", "reproduced", 0.7, 0.71),
                ("mDLAM", "two", "table2", "differs", 0.6, 0.68),
            ],
        )
    ),
    "tiles": _of(
        Frame.of_rows(
            "tiles",
            tiles.COLUMNS,
            [
                (dataset, method, theorem, str(verdict))
                for (theorem, verdict), dataset, method in product(
                    enumerate_theorems(), ("cora", "digits"), ("TIAM", "PALM")
                )
            ],
        )
    ),
    "step_sizes": _of(
        Frame.of_rows(
            "steps",
            step_sizes.COLUMNS,
            [
                (kind, layer, epoch, 0.01, 0.02 * epoch, 0.1 * epoch)
                for kind, layer, epoch in product(("samt_row", "samt_scalar"), (1, 2), range(1, 6))
            ],
        )
    ),
    "initial_step": _of(
        Frame.of_rows(
            "accuracy",
            initial_step.COLUMNS,
            [
                (kind, alpha, seed, None if alpha == 1.0 else 0.9 - alpha)
                for kind, alpha, seed in product(
                    ("samt_fixed", "samt_row"), (1e-3, 0.1, 1.0), (0, 1)
                )
            ],
        )
    ),
    "undecided": _of(
        Frame.of_rows(
            "undecided",
            undecided.COLUMNS,
            [(t, k, 10 * k, 2 * k, 0) for t, k in product(("T1", "T3"), range(1, 5))],
        ),
    ),
    "cost": _of(
        Frame.of_rows(
            "cost",
            cost.COLUMNS,
            [
                ("mnist", name, samples, units, layers, samples * units * layers / 9, samples / 9)
                for name in ("TIAM", "Adam")
                for samples, units, layers in (
                    *((500, 100, 2), (1000, 100, 2), (1000, 50, 2), (1000, 100, 8)),
                )
            ],
        )
    ),
    "recording": _of(
        Frame.of_rows(
            "recording",
            recording.COLUMNS,
            [
                (what, units, 1.0, 1 + units / 100, 1 + units / 200, 1 + units / 50)
                for what, units in product(recording.LABELS, recording.WIDTHS)
            ],
        )
    ),
}
