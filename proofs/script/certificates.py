r"""Certificates as files: small JSON that a person can read, checked again by the kernel.

    {"T1": {"descent": {"add up": [{"1": "1/2", "s L^2": "-3"}, …]}}}

By theorem, conclusion and step: one polynomial for each equation used, as coefficients (text of a
rational) by monomial (variables with a space between). Nothing read here is trusted: the kernel
expands the identity. A float, a wrong shape, a huge file or a name that does not print as it is
read is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from amverify.files import TooLarge, read_text, write
from proofs.kernel.polynomial import Monomial, Poly, Refused

FOLDER = Path(__file__).parents[1] / "certificates"
LARGEST = 4_000_000
"""Bytes; a certificate file beyond this is refused unread."""
LONGEST = 4000
"""Signs in the name of a variable; atoms are named after what is in them."""
_RATIONAL = re.compile(r"-?\d{1,2000}(/[1-9]\d{0,2000})?")


class Malformed(Refused):
    """A file that is not what a certificate's should be."""


Steps = Mapping[str, Mapping[str, tuple[Poly, ...]]]
"""Multipliers by conclusion and step."""


def load(theorem: str, folder: Path | None = None) -> Steps:
    """The certificates of a theorem; the file is proofs/certificates/ID.json.

    Raises:
        Malformed: naming theorem and step, if the file is missing, cut off, too large, or holds
            anything but polynomials with rational coefficients.
    """
    path = (folder or FOLDER) / f"{theorem}.json"
    try:
        data = json.loads(read_text(path, LARGEST))
    except TooLarge as error:
        raise Malformed(f"{theorem}: {path.name} has {error}; refused unread") from None
    except OSError:
        raise Malformed(f"{theorem}: the certificate file {path.name} is missing") from None
    except (ValueError, RecursionError):
        raise Malformed(f"{theorem}: {path.name} is no JSON, or was cut off") from None
    if not isinstance(data, dict) or not all(isinstance(v, dict) for v in data.values()):
        raise Malformed(
            f"{theorem}: {path.name} is not of the shape conclusion → step → polynomials"
        )
    return {
        part: {step: polynomials(f"{theorem}, step “{step}”", found) for step, found in v.items()}
        for part, v in data.items()
    }


def polynomials(where: str, found: Any) -> tuple[Poly, ...]:
    """A list of polynomials as :func:`as_text` writes them.

    Raises:
        Malformed: beginning with ``where``, if it is none.
    """
    if not isinstance(found, list) or not all(isinstance(p, dict) for p in found):
        raise Malformed(f"{where}: expected a list of polynomials")
    try:
        return tuple(Poly({_monomial(where, m): rational_of(where, c) for m, c in p.items()})
                     for p in found)  # fmt: skip
    except Malformed:
        raise
    except Refused as why:
        raise Malformed(f"{where}: {why}") from None


def rational_of(where: str, text: Any) -> Fraction:
    """A rational number from its text.

    Raises:
        Malformed: beginning with ``where``, for a float or anything else.
    """
    if not isinstance(text, str) or not _RATIONAL.fullmatch(text):
        raise Malformed(f"{where}: {_start(text)} is not a rational number in quotes")
    return Fraction(text)


def _start(text: Any) -> str:
    """The beginning of what a file says, in signs that any terminal prints."""
    return ascii(str(text)[:40])


def _monomial(where: str, text: str) -> Monomial:
    factors = []
    for part in text.split(" ") if text != "1" else ():
        name, hat, power = part.rpartition("^")
        if hat and re.fullmatch(r"[1-9]\d?", power):
            factors.append((name, int(power)))
        elif part:
            factors.append((part, 1))
        else:
            raise Malformed(f"{where}: {_start(text)} is not a monomial")
    for name, _ in factors:
        if not name.isprintable() or len(name) > LONGEST:
            raise Malformed(f"{where}: {_start(name)} is not the name of a variable")
    return tuple(factors)


def as_text(p: Poly) -> dict[str, str]:
    """A polynomial as it is stored."""
    return {
        " ".join(v if k == 1 else f"{v}^{k}" for v, k in m) or "1": str(c)
        for m, c in sorted(p.terms.items())
    }


def save(
    theorem: str, found: Mapping[str, Mapping[str, Sequence[Poly]]], folder: Path | None = None
) -> Path:
    """Write a theorem's certificates; the old file stays until the new one is whole.

    Raises:
        CannotWrite: if that fails.
    """
    path = (folder or FOLDER) / f"{theorem}.json"
    data = {p: {s: [as_text(x) for x in xs] for s, xs in v.items()} for p, v in found.items()}
    write(path, json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return path
