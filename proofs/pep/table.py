r"""The table of slack: T2's bound beside the worst case, over a grid of parameters.

A row has exact numbers only: T2's bound; a certified upper bound on the worst case with T2's weight
and with the best weight; the largest value that some function attains (a lower bound); the best
bound of the family of ``region.py``. The worst case lies between *upper* and *attained*; T2's slack
is at least bound − upper and at most bound − attained.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

from amverify.errors import InvalidInput
from amverify.files import TooLarge, read_text, write
from proofs.kernel.polynomial import Refused
from proofs.pep import region
from proofs.pep.attained import Attained, attained, value
from proofs.pep.certificate import Bound
from proofs.pep.interpolation import Step
from proofs.pep.worst_case import worst_case
from proofs.script.certificates import LARGEST, rational_of

STORED = Path(__file__).with_name("slack.json")


@dataclass(frozen=True)
class Row:
    """One point of the grid.

    Args:
        step: parameters.
        upper: certificate with T2's weight; ``attained`` the largest value found there.
        best: certificate with the best weight; ``best_attained`` with that weight.
        z: the family's member with the least bound.
    """

    step: Step
    upper: Bound
    attained: Attained
    best: Bound
    best_attained: Attained
    z: Fraction

    @property
    def slack(self) -> Fraction:
        """How much of T2's bound is certainly not needed."""
        return self.step.bound - self.upper.omega

    @property
    def gap(self) -> Fraction:
        """Between the certified and the attained worst case."""
        return self.upper.omega - self.attained.value

    @property
    def family(self) -> Fraction:
        """The best bound of the family."""
        return region.member(self.step, self.z).bound

    def check(self) -> None:
        """Everything in the row, exactly, without a search.

        Raises:
            Refused: if a certificate or an attained value does not hold.
        """
        if self.upper.delta != self.step.weight:
            raise Refused(f"{self.step}: the certificate is not for T2's weight")
        for bound, found in ((self.upper, self.attained), (self.best, self.best_attained)):
            if bound.step != self.step:
                raise Refused(f"{self.step}: a certificate of other parameters")
            bound.check()
            if value(self.step, bound.delta, found.kappa, found.shape) != found.value:
                raise Refused(f"{self.step}: {found} is not attained")
        if not 0 < self.z <= 1:
            raise Refused(f"{self.step}: z = {self.z}")


def grid() -> Iterator[Step]:
    """240 points: p1, p2, p3 and s."""
    p1s = [Fraction(x, 10) for x in (0, 2, 5, 8)]
    p2s = [Fraction(x, 10) for x in (0, 2, 5, 8, 9)]
    ts = [Fraction(x, 10) for x in (10, 11, 15)]
    scales = [Fraction(x, 10) for x in (8, 10, 13, 20)]
    for p1, p2, t, s in product(p1s, p2s, ts, scales):
        yield Step(p1, p2, t, s)


def row(step: Step) -> Row:
    """One point, searched for and checked.

    Raises:
        Undecided: if a rounding failed.
    """
    upper, best = worst_case(step, step.weight), worst_case(step)
    low, other = attained(step, step.weight), attained(step, best.delta)
    made = Row(step, upper, low, best, other, region.best(step).z)
    made.check()
    return made


def _bound(bound: Bound) -> dict[str, Any]:
    factors = {name: str(x) for name, x in bound.multipliers.items()}
    return {"delta": str(bound.delta), "omega": str(bound.omega), "multipliers": factors}


def _attained(found: Attained) -> dict[str, str]:
    return {"value": str(found.value), "kappa": str(found.kappa), "shape": found.shape}


def save(rows: Iterable[Row], versions: Mapping[str, str], path: Path) -> None:
    """Write the table.

    Raises:
        CannotWrite: if that fails.
    """
    points = [
        {
            "step": {k: str(getattr(r.step, k)) for k in ("p1", "p2", "t", "s")},
            "upper": _bound(r.upper),
            "attained": _attained(r.attained),
            "best": _bound(r.best),
            "best_attained": _attained(r.best_attained),
            "z": str(r.z),
        }
        for r in rows
    ]
    lines = ",\n".join(json.dumps(p, ensure_ascii=False) for p in points)
    head = json.dumps(dict(versions), sort_keys=True)
    write(path, f'{{"versions": {head},\n"points": [\n{lines}\n]}}\n')


def load(path: Path = STORED) -> tuple[Row, ...]:
    """A stored table; ``check`` each row before it is believed.

    Raises:
        InvalidInput: if there is no such file.
        Refused: if it is cut off, too large, of another shape or holds what is not rational.
    """
    try:
        data = json.loads(read_text(path, LARGEST))
        return tuple(_row(f"{path.name}, point {i}", p) for i, p in enumerate(data["points"]))
    except TooLarge as error:
        raise Refused(f"{path.name}: {error}; refused unread") from None
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise Refused(f"{path.name} is no JSON, or was cut off") from None
    except (KeyError, TypeError, AttributeError):
        raise Refused(f"{path.name} is not of the shape of a table of slack") from None


def _row(where: str, data: Any) -> Row:
    def number(text: Any) -> Fraction:
        return rational_of(where, text)

    step = Step(*(number(data["step"][k]) for k in ("p1", "p2", "t", "s")))

    def bound(found: Any) -> Bound:
        factors = {str(name): number(x) for name, x in found["multipliers"].items()}
        return Bound(step, number(found["delta"]), number(found["omega"]), factors)

    def reached(found: Any) -> Attained:
        return Attained(number(found["value"]), number(found["kappa"]), str(found["shape"]))

    return Row(
        step,
        bound(data["upper"]),
        reached(data["attained"]),
        bound(data["best"]),
        reached(data["best_attained"]),
        number(data["z"]),
    )
