r"""Multipliers of equations: λ_j with p − Σ (terms) = Σ λ_j h_j, a tuple for each step of a proof.

They come from a certificate file, or from a search while one is being made. Neither is trusted: the
kernel expands the identity and compares. A proof does not know which search that is; whoever asks
for one hands it in as ``find``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from proofs.kernel.polynomial import Poly, Refused

Find = Callable[[Poly, Sequence[Poly]], tuple[Poly, ...]]
"""(rest, equations) → λ_j with rest = Σ λ_j h_j; raises ``Undecided`` where it finds none."""


class Undecided(Exception):
    """No certificate was found; that says nothing about the claim."""


@dataclass(frozen=True)
class Multipliers:
    """Those of a proof, by step: ``stored`` ones, or ``found`` ones if there is a search."""

    stored: Mapping[str, tuple[Poly, ...]] = field(default_factory=dict)
    find: Find | None = None
    found: dict[str, tuple[Poly, ...]] = field(default_factory=dict)

    def of(
        self, step: str, rest: Callable[[], Poly], equations: Sequence[Poly]
    ) -> tuple[Poly, ...]:
        """A step's multipliers; ``rest`` is called only if they are to be found.

        Raises:
            Refused: if they are not in the certificate file.
            Undecided: if they are to be found, and are not.
        """
        if not equations:
            return ()
        if self.find is not None:
            self.found[step] = self.find(rest(), equations)
            return self.found[step]
        kept = self.stored.get(step)
        if kept is None or len(kept) != len(equations):
            raise Refused(f"step “{step}”: its multipliers are not in the certificate file")
        return kept
