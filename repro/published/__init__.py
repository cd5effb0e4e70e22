"""Published values: what the papers print, to stand beside what is measured here.

One TOML file a paper, in this folder; README.md there describes the format.
"""

from repro.published.cells import PublishedCell, cells_of, counts_key, key_of
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
    "PublishedCell",
    "Replicates",
    "Series",
    "Source",
    "Statistics",
    "cells_of",
    "counts_key",
    "headline",
    "judge_accuracy",
    "judge_count",
    "key_of",
    "load",
    "read",
    "statistics_of",
]
