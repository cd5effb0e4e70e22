r"""Functions of one real variable, by family: where they are defined, and in which structure.

| family | on a bounded argument | on an unbounded one |
|---|---|---|
| exp, log, hyperbolic functions, what is made of them | ℝ_an | ℝ_exp |
| erf and what is made of it | ℝ_an | ℝ_Pfaff |
| arctan, arcsin, arccos | ℝ_an | ℝ_an |
| sin, cos, Γ, Bessel functions | ℝ_an | refused |

On a bounded argument: one whose interval is compact and lies inside the open domain of the
function; there it is restricted analytic.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace

from amverify.definability.ledger import Ledger, Refused
from amverify.definability.structures import (
    ALGEBRAIC,
    ANALYTIC,
    EXPONENTIAL,
    PFAFFIAN,
    Structure,
    restricted,
)
from amverify.definability.values import Shape, Value, mapped

_INF = math.inf
_MOST, _LEAST = sys.float_info.max, math.ulp(0.0)
_RULE = {EXPONENTIAL: "exponential", PFAFFIAN: "pfaffian", ANALYTIC: "arctangent"}


@dataclass(frozen=True)
class Function:
    """A function f of one real variable.

    Args:
        home: its structure on all of its domain; None if it has none.
        image: its range there, or f if it increases.
        lower: where its domain begins.
        upper: where it ends.
        closed: whether the ends belong to it.
        nonzero: whether f is never 0.
        why: it has no structure on an unbounded argument.
    """

    home: Structure | None
    image: tuple[float, float] | Callable[[float], float] = (-_INF, _INF)
    lower: float = -_INF
    upper: float = _INF
    closed: bool = False
    nonzero: bool = False
    why: str = ""

    def __call__(self, name: str, x: Value, ledger: Ledger) -> Value:
        """f of a value.

        Raises:
            Refused: where the argument may leave the domain, or has to be bounded and is not.
        """
        self._inside(name, x, ledger)
        low, high = self._range(x)
        nonzero = self.nonzero and not x.masked
        if not x.varies:
            return replace(x.made(low, high, nonzero=nonzero), masked=False)
        inner = x.bounded and not self._touches(x)
        if self.home is None and not inner:
            raise Refused(f"{self.why}; its argument is not shown to be bounded", _BOX)
        home = restricted(self.home) if inner or self.home is None else self.home
        arctangent = self.home == ANALYTIC
        ledger.use("restricted" if inner and not arctangent else _RULE[home], name)
        made = x.made(low, high, nonzero=nonzero)
        edge = self._touches(x) and not self.closed
        if not inner and not arctangent and (not x.tame or (edge and x.jumps)):
            ledger.note(ledger.wild, f"{name} of what may be unbounded on a compact set")
        tame = x.tame and not (edge and x.jumps)
        return replace(made, structure=x.structure | home, tame=tame, masked=False)

    def _range(self, x: Value) -> tuple[float, float]:
        if isinstance(self.image, tuple):
            return self.image
        low, high = mapped(x, self.image)
        if x.masked:
            low = min(low, self.image(-_INF))
        low, high = min(low, _MOST), max(high, -_MOST)
        if self.nonzero and low == high == 0:
            return (-_LEAST, 0.0) if self.image(0.0) < 0 else (0.0, _LEAST)
        return low, high

    def _touches(self, x: Value) -> bool:
        return x.low <= self.lower > -_INF or x.high >= self.upper < _INF

    def _inside(self, name: str, x: Value, ledger: Ledger) -> None:
        if x.masked and name not in _OF_MASKS:
            raise Refused("its argument may be −∞ (a mask)")
        if x.low < self.lower or x.high > self.upper:
            raise Refused(
                f"defined on {self._domain()} only, which its argument is not shown to keep to "
                f"(it lies in [{x.low:.4g}, {x.high:.4g}])",
                _BOX,
            )
        if not self._touches(x) or self.closed:
            if self.lower > -_INF or self.upper < _INF:
                ledger.note(ledger.shown, f"{name}: its argument lies in {self._domain()}")
            return
        if self.lower == 0 and x.nonzero and self.upper == _INF:
            ledger.note(ledger.shown, f"{name}: its argument is positive")
        else:
            ledger.note(ledger.where, f"argument of {name} in {self._domain()}")

    def _domain(self) -> str:
        left, right = ("[", "]") if self.closed else ("(", ")")
        left = "(" if self.lower == -_INF else left
        right = ")" if self.upper == _INF else right
        return f"{left}{_end(self.lower)}, {_end(self.upper)}{right}"


def _end(x: float) -> str:
    return f"{x:g}".replace("inf", "∞").replace("-", "−")


_BOX = "declare a box for the variables (--box NAME=LOW,HIGH; box={'NAME': (LOW, HIGH)})"
_OF_MASKS = frozenset({"exp", "exp2", "softmax", "logsumexp", "sigmoid"})


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else _INF


def _log(x: float) -> float:
    return -_INF if x <= 0 else math.log(x)


def _exp2(x: float) -> float:
    return math.exp2(x) if x < 1023 else _INF


def _expm1(x: float) -> float:
    return math.expm1(x) if x < 709 else _INF


def _log1p(x: float) -> float:
    return -_INF if x <= -1 else math.log1p(x)


def _sigmoid(x: float) -> float:
    return 1 / (1 + _exp(-x)) if x > -709 else 0.0


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(_exp(-abs(x)))


def _of(home: Structure | None, *image: float, **more: object) -> Function:
    low, high = image or (-_INF, _INF)
    return Function(home, (low, high), **more)  # type: ignore[arg-type]


def _rises(home: Structure, image: Callable[[float], float], **more: object) -> Function:
    return Function(home, image, **more)  # type: ignore[arg-type]


_E, _P, _A = EXPONENTIAL, PFAFFIAN, ANALYTIC
_WAVES = "it has infinitely many zeros or turns on ℝ, so no o-minimal structure has it"
_GAMMA = "no structure that also has the others is known to have it on an unbounded interval"
_POSITIVE = {"lower": 0.0}

FUNCTIONS: dict[str, Function] = {
    "exp": _rises(_E, _exp, nonzero=True),
    "exp2": _rises(_E, _exp2, nonzero=True),
    "expm1": _rises(_E, _expm1),
    "log": _rises(_E, _log, **_POSITIVE),
    "log2": _rises(_E, lambda x: _log(x) / math.log(2), **_POSITIVE),
    "log10": _rises(_E, lambda x: _log(x) / math.log(10), **_POSITIVE),
    "log1p": _rises(_E, _log1p, lower=-1.0),
    "sigmoid": _rises(_E, _sigmoid, nonzero=True),
    "log_sigmoid": _rises(_E, lambda x: -_softplus(-x), nonzero=True),
    "softplus": _rises(_E, _softplus, nonzero=True),
    "tanh": _rises(_E, math.tanh),
    "sinh": _of(_E),
    "cosh": _of(_E, 1.0, _INF),
    "asinh": _of(_E),
    "acosh": _of(_E, 0.0, _INF, lower=1.0, closed=True),
    "atanh": _of(_E, lower=-1.0, upper=1.0),
    "logit": _of(_E, lower=0.0, upper=1.0),
    "sech": _of(_E, 0.0, 1.0, nonzero=True),
    "silu": _of(_E, -0.2785, _INF),
    "mish": _of(_E, -0.3089, _INF),
    "elu": _of(_E),
    "selu": _of(_E, -1.7581, _INF),
    "celu": _of(_E),
    "softmax": _of(_E, 0.0, 1.0, nonzero=True),
    "log_softmax": _of(_E, -_INF, 0.0),
    "logsumexp": _of(_E),
    "gelu_tanh": _of(_E, -0.1701, _INF),
    "gelu": _of(_P, -0.17, _INF),
    "erf": _rises(_P, math.erf),
    "erfc": _of(_P, 0.0, 2.0, nonzero=True),
    "erfcx": _of(_P, 0.0, _INF, nonzero=True),
    "ndtr": _rises(_P, lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), nonzero=True),
    "log_ndtr": _of(_P, -_INF, 0.0),
    "erfinv": _of(_P, lower=-1.0, upper=1.0),
    "ndtri": _of(_P, lower=0.0, upper=1.0),
    "atan": _rises(_A, math.atan),
    "acot": _of(_A, -2.0, 2.0),
    "asin": _of(_A, -1.5708, 1.5708, lower=-1.0, upper=1.0, closed=True),
    "acos": _of(_A, 0.0, 3.1416, lower=-1.0, upper=1.0, closed=True),
    "sin": _of(None, -1.0, 1.0, why=_WAVES),
    "cos": _of(None, -1.0, 1.0, why=_WAVES),
    "sinc": _of(None, -0.2173, 1.0, why=_WAVES),
    "lgamma": _of(None, -0.1215, _INF, why=_GAMMA, **_POSITIVE),
    "digamma": _of(None, why=_GAMMA, **_POSITIVE),
    "gamma": _of(None, 0.8856, _INF, why=_GAMMA, nonzero=True, **_POSITIVE),
    "bessel_j0": _of(None, -0.4028, 1.0, why=_WAVES),
    "bessel_j1": _of(None, -0.5819, 0.5819, why=_WAVES),
    "i0": _of(None, 1.0, _INF, why=_GAMMA),
    "i0e": _of(None, 0.0, 1.0, why=_GAMMA, nonzero=True),
    "i1": _of(None, why=_GAMMA),
    "i1e": _of(None, -1.0, 1.0, why=_GAMMA),
}
"""Domains are open unless ``closed``; Γ and its kin on (0, ∞), on compact intervals only."""


def apply(name: str, x: Value, ledger: Ledger) -> Value:
    """The function of this name of a value.

    Raises:
        Refused: where no rule applies.
    """
    return FUNCTIONS[name](name, x, ledger)


def algebraic(name: str, value: Value, ledger: Ledger, jumps: bool = False) -> Value:
    """A semialgebraic operation, written down; with whether it may jump."""
    if value.varies:
        ledger.use("algebra", name)
        if jumps:
            ledger.note(ledger.jumps, name)
            return replace(value, jumps=True, semicontinuous=False, degree=None, shape=Shape.OTHER)
    return value if value.varies else replace(value, structure=ALGEBRAIC)
