"""Compiled loops do what torch does: steps, sums, step sizes, whatever the shapes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from amverify.compiled import available as kernels
from amverify.samt import SAMT
from amverify.samt.fast import loops as module
from amverify.samt.fast.loops import Ladder, Lanes, one_pass
from amverify.samt.fast.table import Sides, Slot, sides
from amverify.samt.kinds import step_size_shape

pytestmark = pytest.mark.skipif(kernels.compiled() is None, reason="numba is not installed")
KINDS = ("scalar", "row", "column", "element")


@pytest.mark.parametrize(
    ("whole", "alpha", "expected"),
    [
        ((), (), Sides(1, 1, False, False)),
        ((7,), (1,), Sides(1, 7, False, False)),
        ((7,), (7,), Sides(1, 7, False, True)),
        ((4, 3), (1, 1), Sides(4, 3, False, False)),
        ((4, 3), (4, 1), Sides(4, 3, True, False)),
        ((4, 3), (1, 3), Sides(4, 3, False, True)),
        ((4, 3), (4, 3), Sides(4, 3, True, True)),
        ((1, 3), (1, 1), Sides(1, 3, False, False)),
        ((4, 3, 2, 2), (1, 3, 2, 2), Sides(4, 12, False, True)),
        ((4, 3, 2, 2), (4, 3, 1, 1), Sides(12, 4, True, False)),
        ((4, 3, 2, 2), (1, 3, 1, 1), None),
        ((4, 3, 2), (4, 1, 2), None),
    ],
)
def test_how_step_sizes_lie(whole, alpha, expected):
    assert sides(whole, alpha) == expected


def tensors(shape, alpha, dtype):
    generator = torch.Generator().manual_seed(1)
    w, g, d, moved = (torch.randn(shape, generator=generator, dtype=dtype) for _ in range(4))
    return w, g, d, torch.rand(alpha, generator=generator, dtype=dtype), moved


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("kind", [*KINDS, lambda s: (*s[:2], *(1,) * len(s[2:]))])
@pytest.mark.parametrize("shape", [(), (5,), (6, 11), (1, 4), (5, 1), (3, 2, 3, 2)], ids=str)
@pytest.mark.parametrize("extrapolated", [True, False])
@pytest.mark.parametrize("lane", [True, False])
def test_a_step_and_its_sums(lane, extrapolated, shape, kind, dtype):
    coarse = step_size_shape(kind, shape, "w")
    w, g, d, alpha, moved = tensors(shape, coarse, dtype)
    displacement = moved.clone() if extrapolated else None
    new, version = w.clone(), w._version
    if lane:
        empties = [torch.full(coarse, torch.nan, dtype=dtype) for _ in range(3)]
        slot = Slot(alpha, empties[0], (empties[1], empties[2]))
        ((own, _),) = Lanes.of([new], [slot]).step([(g, d, displacement, None)])
        product = slot.inner
    else:
        product, own = one_pass((new, g, d, alpha, displacement), True)
    assert new._version > version
    near = (
        {"rtol": 1e-12, "atol": 1e-12} if dtype is torch.float64 else {"rtol": 1e-5, "atol": 1e-5}
    )
    torch.testing.assert_close(new, w - alpha * g, **near)
    if extrapolated:
        torch.testing.assert_close(displacement, moved - alpha * g, **near)
    dims = [i for i, (n, m) in enumerate(zip(shape, coarse, strict=True)) if m == 1 != n]
    for mine, x in ((product, g * d), (own, g * g)):
        expected = x.sum(dims, keepdim=True) if dims else x
        torch.testing.assert_close(mine, expected, **near)


def test_what_the_loop_cannot_serve_is_left_alone():
    w, g, d, alpha, _ = tensors((6, 5), (1, 1), torch.float64)
    kept = w.clone()
    crossed = g.t().contiguous().t()
    half = [u.bfloat16() for u in (w, g, d, alpha)]
    other = w.as_subclass(type("Other", (torch.Tensor,), {}))
    for given in (
        (w, crossed, d, alpha, None),
        (w, g, d, alpha.float(), None),
        (w, g.to("meta"), d, alpha, None),
        (half[0], half[1], half[2], half[3], None),
        (other, g, d, alpha, None),
        (w, g[:3], d, alpha, None),
        (w, g, d[:, :1].contiguous(), alpha, None),
        (w, g, d, alpha, torch.zeros(1, dtype=torch.float64)),
        (w[:1, :1].clone(), torch.complex(d[:1, :1], g[:1, :1]).conj().imag, None, alpha, None),
    ):
        assert one_pass(given, True) is None
    assert torch.equal(w, kept)
    slot = Slot(alpha, torch.zeros(1, 1), (torch.zeros(1, 1), torch.zeros(1, 1)))
    assert Lanes.of([w], [slot]) is None  # the sums have another format
    assert Lanes.of([w], [None]) is None
    assert Lanes.of([], []) is None
    double = [torch.zeros(1, 1, dtype=torch.float64) for _ in range(3)]
    slot = Slot(alpha, double[0], (double[1], double[2]))
    assert Lanes.of([w, w.float()], [slot, slot]) is None
    lanes = Lanes.of([w.clone(), w], [slot, slot])
    assert lanes.step([(g, d, None, None), (crossed, d, None, None)]) is None
    negated = torch.complex(d[:1, :1], g[:1, :1]).conj().imag
    assert negated.is_contiguous()
    assert negated.is_neg()
    small = Lanes.of([w[:1, :1].clone()], [slot])
    for served, path in (
        (lanes, (g[:3], d, None, None)),
        (lanes, (g, d[:1], None, None)),
        (lanes, (g, d, d[:1], None)),
        (lanes, (g.float(), d, None, None)),
        (small, (negated, None, None, None)),
    ):
        assert served.step([path] * len(served.parameters)) is None
    for u in (w, lanes.parameters[0]):
        assert torch.equal(u, kept)
    lanes.parameters[0].data = w[:2].clone()
    assert lanes.step([(g, d, None, None)] * 2) is None
    assert torch.equal(lanes.parameters[0], kept[:2])


def test_a_block_is_served_in_one_call():
    """Each parameter with its own shape and step sizes; the first has no direction yet."""
    parts = [
        tensors(shape, kind, torch.float64) for shape, kind in (((4, 3), (1, 3)), ((4,), (1,)))
    ]
    before = [part[0].clone() for part in parts]
    sums = [[torch.full_like(part[3], torch.nan) for _ in range(3)] for part in parts]
    slots = [Slot(part[3], a, (b, c)) for part, (a, b, c) in zip(parts, sums, strict=True)]
    lanes = Lanes.of([part[0] for part in parts], slots)
    paths = [(g, None if k == 0 else d, None, None) for k, (_, g, d, _, _) in enumerate(parts)]
    found = lanes.step(paths)
    for (w, g, _, alpha, _), old in zip(parts, before, strict=True):
        torch.testing.assert_close(w, old - alpha * g)
    torch.testing.assert_close(found[0][0], parts[0][1].square().sum(0, keepdim=True))
    torch.testing.assert_close(found[1][0], parts[1][1].square().sum(0, keepdim=True))
    assert slots[0].inner.isnan().all()
    torch.testing.assert_close(slots[1].inner, (parts[1][1] * parts[1][2]).sum(0, keepdim=True))


def test_squares_of_the_step_before_are_kept_in_turn():
    w, g, d, alpha, _ = tensors((4, 3), (4, 1), torch.float64)
    sums = [torch.zeros(4, 1, dtype=torch.float64) for _ in range(3)]
    slot = Slot(alpha, sums[0], (sums[1], sums[2]))
    lanes = Lanes.of([w], [slot])
    foreign = d.square().sum(1, keepdim=True)
    ((own, before),) = lanes.step([(g, d, None, foreign)])
    assert before is not foreign
    assert torch.equal(before, foreign)
    first = own.clone()
    ((again, before),) = lanes.step([(d, g, None, own)])
    assert before is own
    assert torch.equal(before, first)
    assert again is not own


def test_theta_climbs_by_cosines_within_its_limits():
    inner = torch.tensor([0.5, -3.0, 0.0, torch.nan, torch.inf, 2.0], dtype=torch.float64)
    own = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 4.0], dtype=torch.float64)
    before = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0, 1.0], dtype=torch.float64)
    theta = torch.full((6,), 0.25, dtype=torch.float64)
    for squares in ((own, before), (before, own)):
        climbing = theta.clone()
        ladder = Ladder.of(climbing, torch.empty_like(theta), (inner, *squares))
        assert ladder.climb(0.5, (-0.1, 0.7)) == 2
        assert climbing.tolist() == [0.5, -0.1, 0.25, 0.25, 0.25, 0.7]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_step_sizes_are_exponentials_within_bounds(dtype):
    theta = torch.linspace(-9, 9, 37, dtype=dtype)
    alpha = torch.empty_like(theta)
    sums = [torch.empty_like(theta) for _ in range(3)]
    Ladder.of(theta, alpha, sums).exponential(0.1, (1e-3, 10))
    torch.testing.assert_close(alpha, (0.1 * theta.exp()).clamp(1e-3, 10.0))
    assert Ladder.of(theta, alpha, []) is None
    assert Ladder.of(theta, alpha[::2], sums) is None
    assert Ladder.of(theta, alpha.bfloat16(), sums) is None


def trained(model, settings, steps=12):
    torch.manual_seed(3)
    model = model().double()
    optimiser = SAMT(model, lr=0.05, meta_lr=0.05, **settings)
    flat = isinstance(model[0], nn.Linear)
    for k in range(steps):
        x = torch.randn(9, 6 if flat else 2, *(() if flat else (4, 4)), dtype=torch.float64)
        y = torch.randint(3, (9,))
        optimiser.step(loss=cross_entropy, inputs=x, targets=y)
        if k == 5:
            optimiser.load_state_dict(optimiser.state_dict())
    return [*model.parameters(), *optimiser.step_sizes().values()]


MODELS = {
    "dense": lambda: nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)),
    "convolutions": lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(16, 3)
    ),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"extrapolation": 0.0},
        {"inner": 2},
        {"weight_decay": 0.1, "order": "forward"},
        {"clip": 0.3},
        {"momentum": 0.5, "extrapolation": 0.0},
        {"hypergradient": "plain", "extrapolation": 0.0},
        {"meta": "same"},
    ],
    ids=str,
)
def test_training_with_numba_and_without(settings, kind, model, monkeypatch):
    settings = {"kind": kind, **settings}
    with_loops = trained(MODELS[model], settings)
    monkeypatch.setattr(module, "compiled", lambda: None)
    for mine, other in zip(with_loops, trained(MODELS[model], settings), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-8, atol=1e-10)


def test_a_graph_from_before_the_step_is_refused():
    """Autograd must notice that a weight was written to, though the loop writes behind its back."""
    model = MODELS["dense"]().double()
    x, y = torch.randn(9, 6, dtype=torch.float64), torch.randint(3, (9,))
    optimiser = SAMT(model, lr=0.05)
    stale = cross_entropy(model(x), y)
    optimiser.step(loss=cross_entropy, inputs=x, targets=y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        stale.backward()
