"""What is no input of a public function is one line of ours that says so, never a raw error.

Python's own TypeError for a missing or an unknown argument stays; an enum's values, and the
constructors of plain records (``Finding``, ``Theorem`` …), check nothing.
"""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import amverify as amv
from amverify.errors import AmverifyError
from tests.support.hand import descent

RECORDS = {"Certificate", "Claim", "Evidence", "Finding", "Report", "Subject", "Theorem", "Verdict"}
RECORDS |= {"Witness"}
NAMES = Path(__file__).with_name("face_names.txt").read_text(encoding="utf-8").split()
BAD = (
    None, "", b"x", -1, 0, math.nan, math.inf, 3.5, [], (), {}, "no such", object(),
    np.zeros(0), np.array([math.nan]), np.zeros((2, 3)), torch.zeros(0), torch.tensor(math.nan),
    torch.zeros(2, 3), (0, 1), {"a": 1}, True, 10**30, lambda: 1, descent([1.0, 0.5, 0.25]),
)  # fmt: skip


def functions() -> list[str]:
    """The public functions and classes that check what they are given."""
    return [name for name in NAMES if name not in RECORDS and callable(getattr(amv, name))]


def required(function: Any) -> tuple[int, list[str]]:
    """How many positional arguments have to be given, and which by name."""
    asked = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    varied = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    asked = [p for p in asked if p.kind not in varied]
    named = [p.name for p in asked if p.kind is p.KEYWORD_ONLY]
    return len(asked) - len(named), named


@pytest.mark.parametrize("name", functions())
def test_a_wrong_input_is_told_in_a_line_of_ours(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function = getattr(amv, name)
    if inspect.isclass(function) and issubclass(function, Exception):
        return
    count, named = required(function)
    raw = [said for bad in BAD if (said := told(function, count, named, bad)) is not None]
    assert raw == []


def told(function: Any, count: int, named: list[str], bad: Any) -> str | None:
    """The error that is none of ours, None where there is none."""
    try:
        function(*[bad] * count, **dict.fromkeys(named, bad))
    except AmverifyError as error:
        return f"{type(bad).__name__}: {error}" if "\n" in str(error) else None
    except Exception as error:
        return f"{type(bad).__name__}: {type(error).__name__}: {error}"
    return None


@pytest.mark.parametrize(
    ("widths", "seed", "named"),
    [
        ((4, 2), (0, 1), "seed"),
        ((4, 2), 0.5, "seed"),
        ((4,), 0, "widths"),
        ((4, 0), 0, "widths"),
        (4, 0, "widths"),
        ((4, math.nan), 0, "widths"),
    ],
)
def test_gaussian_names_the_argument(widths, seed, named):
    with pytest.raises(AmverifyError, match=f"^{named}: "):
        amv.gaussian(widths, seed)
