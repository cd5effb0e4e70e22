r"""What is known of f and ∇f at a point: computed, declared, or nothing.

A ball that was computed along the operators (``record.shadow``) is right whatever was declared;
of two that meet, the narrower counts. What was declared is checked against the run, and dropped
as a whole where the run refutes it: a negative value is no sum of non-negative terms
(``operations=n``), and a declared ball that does not meet the computed one does not hold f.
"""

from __future__ import annotations

from array import array
from copy import copy

import numpy as np

from amverify.numbers.balls import Ball
from amverify.record.known.declared import Declared
from amverify.record.known.observed import Observed
from amverify.record.points.vector import Vector

TYPE = "pass value_error, a bound in numbers, or operations=n for a sum of non-negative terms"


class Values:
    """Bounds on the values of one run.

    Attributes:
        refuted: why the declaration does not hold, once the run says so.
        lacking: why the rounding of some value, or gradient, is unknown.
    """

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.refuted: str | None = None
        self.lacking: dict[str, str] = {}
        self._trusting = array("q")

    def forked(self) -> Values:
        """The same up to here; what one learns from now on the other does not see."""
        found = copy(self)
        found.lacking, found._trusting = dict(self.lacking), copy(self._trusting)
        return found

    def value(
        self,
        row: int,
        x: Vector,
        given: float | None,
        kind: str,
        known: Observed | None,
        step: int | None = None,
    ) -> Ball:
        """f in some row; its radius is infinite where nothing is known.

        Args:
            row: the row's number.
            x: the point.
            given: f as it was recorded.
            kind: the coarsest format of parameters and value.
            known: what an evaluation gave that was followed.
            step: the number of the step that led there, if it is not the row's.
        """
        declared, said = self.declared.value(x, given, kind)
        if said:
            number = row if step is None else step
            self._check(number, given, declared, None if known is None else known.value)
        computed = None if known is None else known.value
        if said and self.refuted is None and (computed is None or declared.rad <= computed.rad):
            self._trusting.append(row)
            return declared
        if computed is not None:
            return computed
        self._lack("value", None if known is None else known.lack)
        return Ball(np.asarray(given, dtype=np.float64), np.asarray(np.inf))

    def _check(self, row: int, given: float | None, declared: Ball, computed: Ball | None) -> None:
        if self.refuted is not None:
            return
        if self.declared.counted is not None and given is not None and given < 0:
            self.refuted = (
                f"operations={self.declared.counted} was declared for a sum of non-negative "
                f"terms, but value is {given:.6g} at step {row}: it is dropped"
            )
        elif computed is not None and _apart(declared, computed):
            self.refuted = (
                f"the declared bound holds f within {float(declared.rad):.3g} of "
                f"{float(declared.mid):.9g} at step {row}, but f is {float(computed.mid):.9g} "
                f"± {float(computed.rad):.3g}: it is dropped"
            )

    def gradient(
        self, x: Vector, given: Vector | None, known: Observed | None
    ) -> tuple[Ball | None, bool]:
        """∇f, and whether its radii bound its errors."""
        g, said = self.declared.gradient(x, given)
        if said or known is None or known.gradient is None:
            if g is not None and not said:
                self._lack("gradient", None if known is None else known.lack)
            return g, said
        return known.gradient, True

    def _lack(self, of: str, why: str | None) -> None:
        self.lacking.setdefault(of, why or "only its numbers were recorded")

    def errors(self, column: Vector) -> Vector:
        """A column of errors of the value, without those that a refuted declaration gave."""
        found = np.array(column)
        if self.refuted is not None:
            rows = np.array(self._trusting)
            found[rows[rows < len(found)]] = np.inf
        return found

    def notes(self) -> list[str]:
        """What a reader of the record has to know."""
        found = [] if self.refuted is None else [self.refuted]
        if "value" in self.lacking:
            found.append(f"the rounding of value is unknown ({self.lacking['value']}): {TYPE}")
        if "gradient" in self.lacking:
            found.append(
                f"the rounding of the gradient is unknown ({self.lacking['gradient']}): "
                "pass gradient_error"
            )
        return found


def _apart(a: Ball, b: Ball) -> bool:
    """Whether two balls have no member in common."""
    return bool(abs(a.mid - b.mid) > (a.rad + b.rad) * (1 + 2.0**-50) + 2.0**-1000)
