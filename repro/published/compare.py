r"""The verdict on a measured value that has a published counterpart.

An accuracy $\bar a$ (mean of n seeds, sample standard deviation s) is *reproduced* when

$$|\bar a - a_{\text{published}}| \le 0.02.$$

It *differs* when it is farther off than that and than two standard errors, 2 s/√n. Between the two
it is *undecided*: a mean so uncertain reproduces nothing and contradicts nothing. (tables.md calls
that reproduced; then seeds that scatter by 0.3 would reproduce any number.) One seed alone never
says *differs*. A count is reproduced when it is equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

TOLERANCE = 0.02
ROUNDING = 1e-9  # 0.762 − 0.742 is 0.02 to the reader

Kind = Literal["reproduced", "differs", "undecided", "no published value", "not comparable"]


@dataclass(frozen=True)
class Judgement:
    """A verdict; ``difference`` is measured minus published (None without both), from ``seeds``."""

    kind: Kind
    difference: float | None = None
    seeds: int = 0


def judge_accuracy(mean: float, std: float, n: int, published: float | None) -> Judgement:
    """The verdict on a mean accuracy; ``std`` (ddof 1) is NaN for n = 1, n = 0 means no run."""
    if published is None:
        return Judgement("no published value")
    if n == 0 or math.isnan(mean):
        return Judgement("not comparable")
    error = 2 * std / math.sqrt(n) if n > 1 else 0.0
    difference = mean - published
    if abs(difference) <= TOLERANCE + ROUNDING:
        return Judgement("reproduced", difference, n)
    far = n > 1 and abs(difference) > error + ROUNDING
    return Judgement("differs" if far else "undecided", difference, n)


def judge_count(measured: int | None, published: int | None) -> Judgement:
    """The verdict on a count of a data set."""
    if published is None:
        return Judgement("no published value")
    if measured is None:
        return Judgement("not comparable")
    return Judgement("reproduced" if measured == published else "differs", measured - published)
