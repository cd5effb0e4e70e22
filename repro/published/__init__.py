"""Published values: what the papers print, to stand beside what is measured here.

One TOML file a paper, in this folder; README.md there describes the format.
"""

from repro.published.compare import Judgement, judge_accuracy, judge_count
from repro.published.load import load, read
from repro.published.values import (
    Hyperparameters,
    Published,
    Replicates,
    Series,
    Source,
    Statistics,
    headline,
    statistics_of,
)

__all__ = [
    "Hyperparameters",
    "Judgement",
    "Published",
    "Replicates",
    "Series",
    "Source",
    "Statistics",
    "headline",
    "judge_accuracy",
    "judge_count",
    "load",
    "read",
    "statistics_of",
]
