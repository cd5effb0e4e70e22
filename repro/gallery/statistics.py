"""Alternating methods of statistics: EM, multiplicative updates for NMF, k-means."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from amverify.trace.trace import Trace
from repro.gallery.entry import Entry, false, true
from repro.gallery.loop import F, loop
from repro.gallery.smooth import ONE_STEP

SAMPLE = torch.tensor([-2.1, -1.4, -1.0, -0.3, 0.4, 0.9, 1.7, 2.2], dtype=F)
"""Draws from two normal distributions of variance 1, weights ½ and ½."""


def _joint(m: Tensor) -> Tensor:
    """½ exp(−(x_i − m_j)²/2), without the constant, (8, 2)."""
    return 0.5 * torch.exp(-0.5 * (SAMPLE[:, None] - m[None, :]) ** 2)


def misfit(m: Tensor) -> Tensor:
    """−log-likelihood of the means, up to a constant."""
    return -_joint(m).sum(1).log().sum()


def _em(m: Tensor) -> Tensor:
    share = _joint(m)
    share = share / share.sum(1, keepdim=True)
    return (share * SAMPLE[:, None]).sum(0) / share.sum(0)


@cache
def em() -> Trace:
    """EM for the means of a mixture, others known."""
    limit = torch.tensor([-0.5, 1.0], dtype=F)
    for _ in range(3000):
        limit = _em(limit)
    seen = {"dist2": lambda m: ((m - limit) ** 2).sum()}
    return loop(misfit, torch.tensor([-0.5, 1.0], dtype=F), 40, lambda _, m: _em(m), seen)


RANK = 2
DATA = torch.tensor([[5.0, 1, 0, 2], [1, 4, 2, 0], [0, 1, 3, 1], [2, 0, 1, 6]], dtype=F)
TAIL = float((torch.linalg.svdvals(DATA)[RANK:] ** 2).sum())
"""‖V − WH‖² is not less, whatever W and H of rank 2 (Eckart & Young 1936)."""


def _factors(p: Tensor) -> tuple[Tensor, Tensor]:
    return p[: 4 * RANK].reshape(4, RANK), p[4 * RANK :].reshape(RANK, 4)


def mismatch(p: Tensor) -> Tensor:
    """‖V − WH‖²."""
    w, h = _factors(p)
    return ((DATA - w @ h) ** 2).sum()


def _multiplied(p: Tensor, together: bool) -> Tensor:
    """Lee & Seung's updates: H, then W at the new H, or both at the old ones."""
    w, h = _factors(p)
    later = h * (w.T @ DATA) / (w.T @ w @ h)
    used = h if together else later
    w = w * (DATA @ used.T) / (w @ used @ used.T)
    return torch.cat((w.flatten(), later.flatten()))


@cache
def nmf() -> Trace:
    """Multiplicative updates, one factor after the other."""
    return loop(mismatch, _positive(), 40, lambda _, p: _multiplied(p, together=False))


@cache
def nmf_together() -> Trace:
    """Multiplicative updates of both factors from the same point."""
    return loop(mismatch, _positive(), 40, lambda _, p: _multiplied(p, together=True))


def _positive() -> Tensor:
    return 0.3 + torch.arange(16, dtype=F).cos() ** 2


POINTS = torch.tensor([[0.0, 0], [0, 1], [3, 0], [3, 1], [9, 0], [9, 1]], dtype=F)
"""Three pairs; the best three centres are their middles, with value 1.5."""


def inertia(c: Tensor) -> Tensor:
    """Σ min_j ‖x_i − c_j‖²."""
    return _distances(c).min(1).values.sum()


def _distances(c: Tensor) -> Tensor:
    return ((POINTS[:, None, :] - c.reshape(3, 2)[None]) ** 2).sum(2)


@cache
def lloyd() -> Trace:
    """Lloyd's algorithm from three centres of which two lie in the pair at the right."""

    def step(_: int, c: Tensor) -> Tensor:
        nearest = _distances(c).argmin(1)
        means = [POINTS[nearest == j].mean(0) for j in range(3)]
        return torch.stack(means).flatten()

    start = torch.tensor([0.5, 0.25, 9, -0.5, 9, 1.5], dtype=F)
    return loop(inertia, start, 8, step, fstar=1.5)


ENTRIES = (
    Entry(
        "EM",
        "means of a mixture of two normal distributions, 8 points",
        em,
        (
            true(ONE_STEP, "Dempster, Laird & Rubin 1977, Theorem 1"),
            true("for k >= 5: dist2[k] <= dist2[k-1]", "linear rate: Redner & Walker 1984"),
            false("dist2[k+1] <= C*dist2[k]**2", "linear, not quadratic: ibid.", C=1),
        ),
    ),
    Entry(
        "NMF",
        "a 4 × 4 matrix, rank 2, multiplicative updates",
        nmf,
        (
            true(ONE_STEP, "Lee & Seung 2001, Theorem 1"),
            true("value[k] >= c", "Eckart & Young 1936", c=TAIL * (1 - 2.0**-40)),
            false("exists k <= 40: value[k] <= c", "Eckart & Young 1936", c=0.9 * TAIL),
        ),
    ),
    Entry(
        "NMF, both factors at once",
        "a 4 × 4 matrix, rank 2, multiplicative updates",
        nmf_together,
        (false(ONE_STEP, "Lee & Seung 2001 update one after the other"),),
    ),
    Entry(
        "k-means",
        "three pairs of points, a start with two centres in one pair",
        lloyd,
        (
            true(ONE_STEP, "Lloyd 1982; MacQueen 1967"),
            true("exists k <= 8: step2[k] == 0", "it ends: Selim & Ismail 1984"),
            false("exists k <= 8: value[k] - fstar <= 0.1", "a local minimum: ibid."),
        ),
    ),
)
