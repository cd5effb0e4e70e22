"""Constants on the set in which a run stayed: M by its formula and beside second derivatives."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from test_views_by_hand import context, table

from amverify.theorems.base import Context, Missing
from amverify.theorems.views.measured import (
    block_steps,
    measured_pairs,
    output_extrapolation,
    radii,
    smooth_modulus,
    steps_of_kind,
)

NAMES = ("W_1", "b_1", "z_1", "a_1", "W_2", "b_2", "z_2")
SETTINGS = {"samples": 5, "rho": 0.75, "mu": 0.25, "nu": 0.125, "layers": 2, "loss_lipschitz": 0.5}


def recorded(lengths: dict[str, float], start: dict[str, float], p2: float = 0.0) -> Context:
    """Two sweeps of two layers; the second sweep's blocks are half as long."""
    rows = len(lengths)
    kinds = [name[0].encode() for name in lengths]
    longest = np.array(list(lengths.values()))
    blocks = table(
        2 * rows, kind=np.array(kinds * 2, dtype="S4"), layer=[int(n[2]) for n in lengths] * 2,
        norm=np.concatenate((longest, longest / 2)) ** 2, p2=0.0, t=1.0, s=1.0, p1=0.0,
        modulus=2.0, gamma=0.0,
    )  # fmt: skip
    blocks["sweep"] = np.repeat([1, 2], rows)
    blocks["p2"][0] = p2
    return context({**SETTINGS, "start_norm": {"x": 3.0, **start}}, blocks=blocks)


def formula(r: dict[str, float]) -> float:
    """M of the module's first lines, radii by name."""
    n, worst = SETTINGS["samples"], [4.0, 4.0 * SETTINGS["samples"]]
    for layer, inputs in ((1, r["x"]), (2, r["a_1"])):
        w, b, z = (r[f"{kind}_{layer}"] for kind in "Wbz")
        off = z + inputs * w + math.sqrt(n) * b
        worst += [4 * inputs**2 + off, 4 * w**2 + off]
    return SETTINGS["rho"] * max(worst) + SETTINGS["mu"] + SETTINGS["nu"]


@pytest.mark.parametrize("seed", range(8))
def test_m_is_the_formula_of_the_largest_radii(seed: int) -> None:
    chance = random.Random(seed)
    lengths = {name: chance.choice([0.1, 1.0, 4.0, 9.0]) for name in NAMES}
    start = {name: chance.choice([0.1, 2.0, 7.0]) for name in NAMES}
    p2 = -chance.choice([0.0, 0.5])
    far = 1 + 2 * abs(p2)
    r = {name: max(lengths[name], start[name]) * far for name in NAMES} | {"x": 3.0}
    ctx = recorded(lengths, start, p2)
    assert radii(ctx) == pytest.approx({(n[0], int(n[2])): r[n] for n in NAMES}, rel=1e-12)
    (found,) = np.atleast_1d(smooth_modulus(ctx).mid)
    assert found == pytest.approx(formula(r), rel=1e-12)
    assert found >= formula(r)


def test_no_second_derivative_is_larger() -> None:
    """H = Σ(ρ/2)‖z_l − a_{l−1}W_lᵀ − 1b_lᵀ‖² + (μ/2)‖W‖² + (ν/2)‖a‖² at points of the balls."""
    generator = torch.Generator().manual_seed(0)
    widths, n = (2, 2, 1), SETTINGS["samples"]
    shapes = {"W_1": (2, 2), "b_1": (2,), "z_1": (n, 2), "a_1": (n, 2), "W_2": (1, 2),
              "b_2": (1,), "z_2": (n, 1)}  # fmt: skip
    x = torch.randn(n, widths[0], generator=generator, dtype=torch.float64)
    x = 3.0 * x / x.norm()

    def h(*u: torch.Tensor) -> torch.Tensor:
        w1, b1, z1, a1, w2, b2, z2 = u
        off = ((z1 - x @ w1.T - b1) ** 2).sum() + ((z2 - a1 @ w2.T - b2) ** 2).sum()
        ridge = (w1**2).sum() + (w2**2).sum()
        total = SETTINGS["rho"] * off + SETTINGS["mu"] * ridge + SETTINGS["nu"] * (a1**2).sum()
        return 0.5 * total

    for radius in (0.2, 1.0, 3.0):
        bound = smooth_modulus(recorded(dict.fromkeys(NAMES, radius), dict.fromkeys(NAMES, radius)))
        for _ in range(5):
            u = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes.values()]
            at = tuple(radius * v / v.norm() for v in u)
            rows = torch.autograd.functional.hessian(h, at)
            flat = [
                torch.cat([part.reshape(v.numel(), -1) for part in row], 1)
                for row, v in zip(rows, at, strict=True)
            ]
            most = torch.linalg.eigvalsh(torch.cat(flat)).abs().max()
            assert float(most) <= float(bound.mid)


def test_what_is_missing_for_m_is_said() -> None:
    every = dict.fromkeys(NAMES, 1.0)
    with pytest.raises(Missing, match="start's ‖z_1‖"):
        smooth_modulus(recorded(every, {k: v for k, v in every.items() if k != "z_1"}))
    with pytest.raises(Missing, match="rows of the block a_1"):
        smooth_modulus(recorded({k: v for k, v in every.items() if k != "a_1"}, every))
    still = {k: v for k, v in every.items() if k != "b_1"}
    known = smooth_modulus(recorded(still, {**every, "b_1": 50.0}))
    assert known.mid == pytest.approx(smooth_modulus(recorded(every, {**every, "b_1": 50.0})).mid)


def test_what_an_extrapolated_output_adds_is_its_share_of_the_modulus() -> None:
    for t, wanted in ((1.0, 0.0), (2.0, 0.25), (4.0, 0.375)):
        ctx = recorded(dict.fromkeys(NAMES, 1.0), dict.fromkeys(NAMES, 1.0))
        ctx.trace.blocks["t"][3] = t
        ball = output_extrapolation(ctx)
        assert abs(float(ball.mid) - wanted) <= float(ball.rad) <= 1e-12


def stepped() -> Context:
    """Sweeps 1, 2, 3 and 5 of two blocks W_1, a_1: ‖e‖² = 9k² and 16k², measured after each."""
    blocks = table(
        8, kind=np.array([b"W", b"a"] * 4, dtype="S4"), layer=1, t=1.0, step_error=0.0,
        s=[0.5] * 7 + [1.5], p1=-0.25, p2=[0.0, -0.75] * 4, modulus=2.0, gamma=[0.0] * 7 + [3.0],
    )  # fmt: skip
    blocks["sweep"] = np.repeat([1, 2, 3, 5], 2)
    blocks["step"] = np.where(blocks["kind"] == b"W", 9.0, 16.0) * blocks["sweep"] ** 2
    measures = table(4)
    measures["sweep"] = np.array([1, 2, 3, 5])
    return context({}, blocks=blocks, measures=measures)


def test_measures_stand_beside_the_steps_of_their_sweep_and_of_the_one_before() -> None:
    measured, norms, sweep, who, values = measured_pairs(stepped())
    assert (measured.tolist(), sweep.tolist(), who.tolist()) == ([1, 2], [2, 3], [0, 0])
    np.testing.assert_allclose(values["e1"].take(norms).mid, [10, 15], rtol=1e-15)
    np.testing.assert_allclose(values["e0"].take(norms).mid, [5, 10], rtol=1e-15)
    found = {name: float(values[name].mid) for name in ("B", "Lmax", "smax", "p1max", "p2max")}
    assert found == {"B": 2, "Lmax": 3, "smax": 1.5, "p1max": 0.25, "p2max": 0.75}


def test_without_two_sweeps_on_end_there_is_nothing_to_measure() -> None:
    ctx = stepped()
    ctx.trace.measures["sweep"][:] = [1, 5, 7, 9]
    with pytest.raises(Missing, match="second consecutive sweep"):
        measured_pairs(ctx)


def test_steps_of_one_kind_are_those_of_its_rows() -> None:
    ctx, at = stepped(), np.array([1, 3, 5])
    for kind, wanted in ((b"W", 3 * at), (b"a", 4 * at), (b"V", 0 * at)):
        found = steps_of_kind(ctx, kind, at, np.zeros(3, dtype=np.int64))
        np.testing.assert_allclose(found.mid, wanted, rtol=1e-15)
    with pytest.raises(Missing, match="in every measured sweep"):
        steps_of_kind(ctx, b"W", np.array([1, 4]), np.zeros(2, dtype=np.int64))
    sweep, who, total = block_steps(ctx, ctx.column("blocks", "sweep") > 1)
    assert (sweep.tolist(), who.tolist()) == ([2, 3, 5], [0, 0, 0])
    np.testing.assert_allclose(total.mid, [100, 225, 625], rtol=1e-15)
