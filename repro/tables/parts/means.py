"""When one mean over seeds may be called greater than another: Welch's test, never by eye."""

from __future__ import annotations

import math

from scipy.stats import ttest_ind_from_stats

from repro.render import Estimate

LEVEL = 0.05


def greater(first: Estimate, second: Estimate, level: float = LEVEL) -> bool:
    """Whether the mean of ``first`` is greater, by Welch's one-sided t test at ``level``.

    Never with fewer than two values on a side, or where one diverged from a seed; where neither
    side varies at all no test is possible, and nothing is called greater.
    """
    if min(first.n, second.n) < 2 or first.diverged or second.diverged:
        return False
    if first.std == 0 and second.std == 0:
        return False
    found = ttest_ind_from_stats(
        *(first.mean, first.std, first.n),
        *(second.mean, second.std, second.n),
        equal_var=False,
        alternative="greater",
    )
    p = float(found.pvalue)
    return math.isfinite(p) and p < level
