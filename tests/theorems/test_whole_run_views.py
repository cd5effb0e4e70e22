"""What the theorems on a whole run read of a trace: the right rows, constants by their formulas."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.problems import parameters
from support.problems import problem as layered

from amverify.methods.joint import JointTIAM
from amverify.network.coupling import Band
from amverify.numbers.balls import Ball
from amverify.record.layered.run import traced
from amverify.theorems.base import Context
from amverify.theorems.views import (
    convergence,
    lyapunov,
    minimisers,
    reach,
    residuals,
    settings,
    telescoped,
)

METHOD = JointTIAM(scale=1.5, inertia=0.5, momentum=0.3, relaxation=0.4, floor=0.5, record=True)


@pytest.fixture(scope="module", params=[Band(0.3), Band(0.4, 0.5, 0.1)], ids=["still", "shrinks"])
def ctx(request: pytest.FixtureRequest) -> Context:
    """Two replicates, four layers."""
    p = layered((4, 3, 5, 3, 2), 6, 1, mu=0.05, mu_bias=0.03, coupling=request.param)
    return Context(traced(METHOD, p, parameters(p, 1, 2), 9))


def k0(ctx: Context) -> int:
    """ε falls in sweeps 2 and 3."""
    eps = ctx.column("sweeps", "eps")
    return 0 if eps.max() == eps.min() else 3


def rows(ctx: Context) -> dict[tuple[int, int, str, int], int]:
    """Block rows by sweep, replicate, kind and layer."""
    columns = [ctx.column("blocks", n) for n in ("sweep", "replicate", "kind", "layer")]
    keys = zip(*(c.tolist() for c in columns), strict=True)
    return {(k, r, kind.decode(), layer): i for i, (k, r, kind, layer) in enumerate(keys)}


def test_the_bounds_begin_where_eps_stays(ctx: Context) -> None:
    assert reach.settled_from(ctx) == k0(ctx)
    assert reach.weights(ctx).sweep.min() == max(k0(ctx), 1)
    for view in (residuals.blocks, residuals.jointly, telescoped.steps, minimisers.gaps):
        assert view(ctx).sweep.min() == k0(ctx) + 1


def test_every_bound_is_its_formula(ctx: Context) -> None:
    s, sweeps = ctx.trace.settings, ctx.trace.sweeps
    for who in (0, 1):
        (at,) = np.flatnonzero((sweeps["sweep"] == k0(ctx)) & (sweeps["replicate"] == who))
        c, n = sweeps["lyapunov"][at], s["samples"]
        omega, beta = math.sqrt(2 * c / s["mu"]), math.sqrt(2 * c / s["mu_bias"])
        a = [s["input_norm"]]
        found = reach.reached(ctx, np.array([who]))
        for layer, width in enumerate(s["widths"][1:], start=1):
            z = omega * a[-1] + math.sqrt(n) * beta + math.sqrt(2 * c / s["rho"])
            a.append(sweeps["eps"].min() * math.sqrt(n * width) + s["activation_lipschitz"] * z)
            assert math.isclose(found.a[layer].mid[0], a[-1], rel_tol=1e-12)
        kappa = max(s["rho"] * omega**2, s["floor"])
        bars = [math.sqrt(x**2 + n) for x in a]
        metric = [s["rho"] * x**2 + max(s["mu"], s["mu_bias"]) for x in bars]
        b = {name: float(x.mid[0]) for name, x in residuals.largest(ctx, np.array([who])).items()}
        inner = range(1, s["layers"])
        wanted = {
            "b_own": max((1 - 1 / 1.4) * metric[-2], 1.5 * kappa),
            "b_near": s["rho"] * bars[-2],
            "b_next": s["rho"] * omega,
            "b_far": max(s["rho"] * omega * bars[i] for i in inner) + math.sqrt(2 * c * s["rho"]),
            "b_past": max(0.3 * metric[-2], 0.5 * kappa),
        }
        for name, value in wanted.items():
            assert math.isclose(b[name], value, rel_tol=1e-9), name
        m = math.sqrt(0.9 * 0.5 * max(metric[-2], kappa, s["rho"]))
        assert math.isclose(convergence.scaled(ctx, np.array([who])).mid[0], m, rel_tol=1e-9)


def test_the_rate_is_the_least_of_all_floors(ctx: Context) -> None:
    """λ⁻ = μ_b here; α_min = 1/1.4 − ½ of V_l, ½ of z_L, ¼ of (z_l, a_l)."""
    assert math.isclose(telescoped.rate(ctx).mid, 0.1 * (1 / 1.4 - 0.5) * 0.03, rel_tol=1e-12)


def test_residuals_stand_beside_the_steps_they_meet(ctx: Context) -> None:
    place, found = rows(ctx), residuals.blocks(ctx)
    names = ("step", "inertia", "residual")
    column = {n: ctx.column("blocks", n) for n in (*names, *(f"second_{n}" for n in names))}
    assert found.blocks is not None
    assert len(found) == 2 * (9 - k0(ctx)) * (4 + 3 + 3 + 1)
    for i in range(len(found)):
        k, r, layer = int(found.sweep[i]), int(found.replicate[i]), int(found.blocks.layer[i])
        other = "z" if layer == 4 else "y"
        kind = found.blocks.kind[i].decode()
        mine = place[k, r, "V" if kind == "V" else other, layer]
        of = {name: float(c[mine]) for name, c in column.items()}
        wanted = dict.fromkeys(residuals.FAMILIES, 0.0)
        if kind == "V":
            w2, wanted["step_j"] = of["residual"] + of["second_residual"], of["step"]
            wanted["past_j"], met = of["inertia"], place[k, r, other, layer]
            wanted["near_j"] = column["step"][met] - column["second_step"][met]
        elif kind == "z":
            w2, wanted["step_j"] = of["residual"], of["step"] - of["second_step"]
            wanted["past_j"] = of["inertia"] - of["second_inertia"]
        else:
            w2, wanted["step_j"] = of["second_residual"], of["second_step"]
            wanted["past_j"] = of["second_inertia"]
            met = place[k, r, "z" if layer == 3 else "y", layer + 1]
            wanted["next_j"] = column["step"][met] - column["second_step"][met]
            wanted["far_j"] = column["step"][place[k, r, "V", layer + 1]]
        for name, value in {"res_j": w2, **wanted}.items():
            seen = found.values[name]
            assert abs(seen.mid[i] - math.sqrt(max(value, 0.0))) <= seen.rad[i] + 1e-12


def test_sums_are_over_the_sweeps_since_then(ctx: Context) -> None:
    found, sweeps = telescoped.steps(ctx), ctx.trace.sweeps
    gaps = minimisers.gaps(ctx)
    blocks = ctx.trace.blocks
    for i in range(len(found)):
        k, r = int(found.sweep[i]), int(found.replicate[i])
        past = (sweeps["replicate"] == r) & (sweeps["sweep"] > k0(ctx)) & (sweeps["sweep"] <= k)
        total = sweeps["step"][past].sum()
        assert math.isclose(found.values["total"].mid[i], total, rel_tol=1e-12)
        least = math.sqrt(sweeps["step"][past].min())
        assert math.isclose(found.values["least"].mid[i], least, rel_tol=1e-9)
        assert found.values["K"].mid[i] == k - k0(ctx)
        met = (blocks["replicate"] == r) & (blocks["sweep"] > k0(ctx)) & (blocks["sweep"] <= k)
        swept = blocks["model_gap"][met & (blocks["kind"] != b"V")].sum()
        assert math.isclose(gaps.values["total"].mid[i], swept, rel_tol=1e-12)


def test_tails_are_over_the_sweeps_that_follow(ctx: Context) -> None:
    found, sweeps = convergence.lengths(ctx), ctx.trace.sweeps
    assert len(found) == 2 * (9 - k0(ctx) - 1)
    for i in range(len(found)):
        k, r = int(found.sweep[i]), int(found.replicate[i])
        rest = (sweeps["replicate"] == r) & (sweeps["sweep"] > k)
        assert math.isclose(found.values["tail"].mid[i], np.sqrt(sweeps["step"][rest]).sum())
        assert found.values["n"].mid[i] == 9 - k
        (at,) = np.flatnonzero((sweeps["replicate"] == r) & (sweeps["sweep"] == k))
        assert math.isclose(found.values["r1"].mid[i], sweeps["lyapunov"][at])


def test_a_sweep_s_fall_is_its_blocks(ctx: Context) -> None:
    found, blocks = lyapunov.sweep_falls(ctx), ctx.trace.blocks
    own = blocks["change"] + (
        blocks["delta_next"] * blocks["metric_step"] - blocks["delta"] * blocks["metric_before"]
    ) / 2  # fmt: skip
    for i in range(len(found)):
        mine = (blocks["sweep"] == found.sweep[i]) & (blocks["replicate"] == found.replicate[i])
        assert math.isclose(found.values["dpsi"].mid[i], own[mine].sum(), rel_tol=1e-9)
    assert len(found) == 2 * (9 - (k0(ctx) and 2))


def test_rounding_of_a_sweep_is_that_of_its_blocks(ctx: Context) -> None:
    blocks, found = residuals.blocks(ctx), residuals.jointly(ctx)
    assert blocks.blocks is not None
    for i in range(len(found)):
        mine = (blocks.sweep == found.sweep[i]) & (blocks.replicate == found.replicate[i])
        own = blocks.allowance[mine]
        assert (own[blocks.blocks.kind[mine] == b"V"] > 0).all()
        assert math.isclose(found.allowance[i], own.sum(), rel_tol=1e-12)
        assert found.allowance[i] < 1e-9 * max(found.values["total"].mid[i], 1.0)


def test_a_residual_s_room_is_twice_what_rounding_and_both_radii_may_add(ctx: Context) -> None:
    found = telescoped.run(ctx)
    sharp, eta = telescoped.sharpness(ctx, found)
    sweeps = ctx.trace.sweeps
    past = residuals.largest(ctx, found.replicate)["b_past"]
    for i, (k, r) in enumerate(zip(found.sweep, found.replicate, strict=True)):
        (at,) = np.flatnonzero((sweeps["sweep"] == k) & (sweeps["replicate"] == r))
        w, off = sweeps["joint_residual"][at], sweeps["joint_residual_error"][at]
        radius = math.sqrt(w + off) - math.sqrt(max(w - off, 0))
        near = (sharp["b1"] * found.values["e1"] + past * found.values["e0"]).rad[i]
        own = residuals.step_rounding(ctx, found.sweep[[i]], found.replicate[[i]])[0]
        assert 2 * (own + near) < eta[i] <= 2.001 * (own + near + radius)


def test_a_run_whose_band_shrinks_in_every_sweep_keeps_no_block() -> None:
    p = layered((4, 3, 2), 6, 1, mu=0.05, mu_bias=0.03, coupling=Band(0.4, 0.5, 1e-9))
    trace = traced(METHOD, p, parameters(p, 1, 2), 4)
    later = {n: c[trace.blocks["sweep"] > 1] for n, c in trace.blocks.items()}
    shrinking = Context(replace(trace, blocks=later))
    assert lyapunov.moving(shrinking) == (False, "ε shrinks in every sweep")


def test_a_residual_s_allowance_takes_the_least_rate_that_is_possible(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = telescoped.run(ctx)
    a = found.values["a"].mid
    allowances = []
    for radius in (0.0, a / 2):
        known = replace(found, values={**found.values, "a": Ball.of(a, radius)})
        monkeypatch.setattr(telescoped, "run", lambda _, known=known: known)
        allowances.append(telescoped.residuals(ctx).allowance)
    assert (allowances[1] > allowances[0]).all()


def test_without_a_hidden_layer_the_scale_limits_no_share() -> None:
    method = replace(METHOD, scale=1.01)
    for widths, wanted in (((4, 2), 1 / 1.4 - 0.5), ((4, 3, 2), 0.5 * 0.01)):
        p = layered(widths, 6, 1, mu=0.05, mu_bias=0.03, coupling=Band(0.4))
        share = settings.least_share(Context(traced(method, p, parameters(p, 1, 2), 2)))
        assert math.isclose(share.mid, wanted, rel_tol=1e-12)
