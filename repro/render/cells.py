"""What can stand in a cell: not strings, but what they say.

Each kind knows three things: its text (console, Markdown, LaTeX), its CSV fields (suffix of
the column's name → value) and its JSON form.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any

from repro.published import Judgement

NOTHING = "—"


@dataclass(frozen=True)
class Text:
    """A text; empty where a row has nothing to say.

    ``configuration`` is the hash of the runs that it speaks of, where it does.
    """

    text: str = ""
    configuration: str = ""

    def plain(self) -> str:
        """As a person reads it."""
        return self.text

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        return {"": self.text}

    def json(self) -> dict[str, Any]:
        """As JSON."""
        runs = {"configuration": self.configuration} if self.configuration else {}
        return {"kind": "text", "text": self.text, **runs}


@dataclass(frozen=True)
class Number:
    """A number with its format; None where there is none (it was never reached, say).

    ``detail`` stands behind it in brackets.
    """

    value: float | int | None
    format: str = ""
    detail: str = ""

    def plain(self) -> str:
        """As a person reads it."""
        shown = NOTHING if self.value is None else format(self.value, self.format)
        return f"{shown} ({self.detail})" if self.detail else shown

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        detail = {"_detail": self.detail} if self.detail else {}
        return {"": "" if self.value is None else repr(self.value), **detail}

    def json(self) -> dict[str, Any]:
        """As JSON."""
        detail = {"detail": self.detail} if self.detail else {}
        return {"kind": "number", "value": self.value, **detail}


@dataclass(frozen=True)
class Estimate:
    """Mean ± standard deviation (ddof 1) over the seeds whose run stayed finite.

    ``values`` and ``seeds`` belong together; ``diverged`` are the seeds of the other runs,
    which are counted beside the mean; ``configuration`` is the hash that the runs share.
    """

    values: tuple[float, ...]
    seeds: tuple[int, ...]
    diverged: tuple[int, ...]
    configuration: str
    format: str = ".3f"

    @property
    def n(self) -> int:
        """Runs that the mean is over."""
        return len(self.values)

    @property
    def mean(self) -> float:
        """Mean of the values, NaN when there are none."""
        return statistics.fmean(self.values) if self.values else math.nan

    @property
    def std(self) -> float:
        """Sample standard deviation of the values, NaN when there are fewer than two."""
        return statistics.stdev(self.values) if self.n > 1 else math.nan

    def plain(self) -> str:
        """As a person reads it."""
        lost = f"{len(self.diverged)} of {self.n + len(self.diverged)} diverged"
        if not self.n:
            return f"{NOTHING} ({lost})"
        spread = f" ± {self.std:{self.format}}" if self.n > 1 else ""
        return f"{self.mean:{self.format}}{spread}" + (f" ({lost})" if self.diverged else "")

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        return {
            "": repr(self.mean) if self.n else "",
            "_std": repr(self.std) if self.n > 1 else "",
            "_n": str(self.n),
            "_seeds": " ".join(map(str, self.seeds)),
            "_diverged": " ".join(map(str, self.diverged)),
            "_configuration": self.configuration,
        }

    def json(self) -> dict[str, Any]:
        """As JSON; no mean or std is null."""
        return {
            "kind": "estimate",
            "mean": self.mean if self.n else None,
            "std": self.std if self.n > 1 else None,
            "n": self.n,
            "values": list(self.values),
            "seeds": list(self.seeds),
            "diverged": list(self.diverged),
            "configuration": self.configuration,
        }


@dataclass(frozen=True)
class PublishedValue:
    """A published value and where it is printed."""

    value: float
    source: str
    format: str = ".3f"

    def plain(self) -> str:
        """As a person reads it."""
        return format(self.value, self.format)

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        return {"": repr(self.value), "_source": self.source}

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "published", "value": self.value, "source": self.source}


@dataclass(frozen=True)
class VerdictCell:
    """*reproduced*, *differs* (by ``detail``), *undecided* or *no published value*.

    ``published`` is the key of the published cell that was judged (:mod:`repro.published.cells`),
    ``seeds`` from how many seeds.
    """

    verdict: str
    detail: str = ""
    difference: float | None = None
    published: str = ""
    seeds: int = 0

    def plain(self) -> str:
        """As a person reads it."""
        return f"{self.verdict} {self.detail}".strip()

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        difference = "" if self.difference is None else repr(self.difference)
        return {"": self.verdict, "_difference": difference, "_detail": self.detail}

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "kind": "verdict",
            "verdict": self.verdict,
            "detail": self.detail,
            "difference": self.difference,
            **({"published": self.published, "seeds": self.seeds} if self.published else {}),
        }


@dataclass(frozen=True)
class Unavailable:
    """What could not be had; the reason stands in full in CSV, JSON and the table's notes."""

    reason: str

    def plain(self) -> str:
        """As a person reads it."""
        return "not available"

    def fields(self) -> dict[str, str]:
        """As CSV fields."""
        return {"": f"not available: {self.reason}"}

    def json(self) -> dict[str, Any]:
        """As JSON."""
        return {"kind": "unavailable", "reason": self.reason}


Cell = Text | Number | Estimate | PublishedValue | VerdictCell | Unavailable


def verdict_of(judgement: Judgement, published: str = "") -> VerdictCell:
    """The cell of a judgement; by how much and which way stands where it differs."""
    if judgement.kind not in ("differs", "undecided") or judgement.difference is None:
        return VerdictCell(judgement.kind, "", judgement.difference, published, judgement.seeds)
    sign = "+" if judgement.difference > 0 else "−"
    detail = f"by {sign}{abs(judgement.difference):.3f}"
    if judgement.kind == "undecided":
        why = "one seed" if judgement.seeds == 1 else "within two standard errors"
        detail = f"({why}, {detail})"
    return VerdictCell(judgement.kind, detail, judgement.difference, published, judgement.seeds)
