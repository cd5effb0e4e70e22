r"""What the proofs take from analysis: a short list, each entry with its formula and a citation.

An entry is a *template*: a formula ≥ 0 or = 0 in named symbols. A proof uses an instance, that is,
formulas in place of the symbols; the ledger lists and counts the entries that a theorem rests on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sympy as sp

from amverify.theorems.base import symbols
from proofs.checker import Kind, Relation
from proofs.polynomial import Refused
from proofs.translate import polynomial


@dataclass(frozen=True)
class Assumption:
    """A fact of analysis: ``formula`` ``kind`` 0, with what it says and where it is proved."""

    name: str
    text: str
    source: str
    formula: sp.Expr
    kind: Kind = ">="

    def instance(self, values: Mapping[str, sp.Expr | int]) -> Relation:
        """The formula with other formulas for its symbols.

        Raises:
            Refused: if the symbols are not exactly those of the template.
        """
        own = {s.name: s for s in self.formula.free_symbols}
        if set(values) != set(own):
            raise Refused(f"{self.name}: needs values for {sorted(own)}, got {sorted(values)}")
        put = {own[name]: sp.sympify(value) for name, value in values.items()}
        return Relation(polynomial(self.formula.xreplace(put)), self.kind)


REGISTRY: dict[str, Assumption] = {}


def register(name: str, text: str, source: str, formula: sp.Expr, kind: Kind = ">=") -> Assumption:
    """Enter a fact of analysis.

    Raises:
        Refused: if the name is taken by another one.
    """
    entry = Assumption(name, text, source, formula, kind)
    if REGISTRY.setdefault(name, entry) != entry:
        raise Refused(f"two assumptions are named {name}")
    return entry


fx, fy, slope, bend = symbols("fx fy slope bend")
m, v, centre, gradient, w = symbols("m v centre gradient w")
factor, top, gx, gy, inner, a, b, x, y = symbols("factor top gx gy inner a b x y")

TANGENT = register(
    "tangent",
    "a convex function lies above its tangents: f(x) ≥ f(y) + ⟨∇f(y), x − y⟩",
    "Rockafellar (1970), Theorem 25.1",
    fx - fy - slope,
)
SEGMENT = register(
    "second order",
    "f(x) ≤ f(y) + ⟨∇f(y), x − y⟩ + ½⟨x − y, ∇²f (x − y)⟩, the curvature being its largest between",
    "Taylor's theorem; Nesterov (2004), Lemma 1.2.3",
    fy + slope + bend / 2 - fx,
)
PROJECTION = register(
    "projection",
    "v minimises g·v + (m/2)(v − c)² over an interval: (m(v − c) + g)(w − v) ≥ 0 for w in it",
    "Kinderlehrer & Stampacchia (1980), Theorem I.2.3, coordinate by coordinate",
    (m * (v - centre) + gradient) * (w - v),
)
PROXIMAL = register(
    "proximal subgradient",
    "v minimises g + ⟨·,∇H⟩ + (m/2)‖· − c‖²: g(x) ≥ g(v) + ⟨m(c − v) − ∇H, x − v⟩",
    "Rockafellar (1970), Theorem 23.8",
    gx - gy - inner,
)
MINIMAL = register(
    "minimality",
    "a minimiser's value is at most that of any other point",
    "definition of a minimiser",
    fx - fy,
)
CLIP_LOW = register(
    "clipping, from below",
    "clipping u⁺ + p3 d to an interval that holds u⁺ gives u + t_j d with t_j ≥ 1",
    "specification, T1: each coordinate's extrapolation is shortened separately",
    factor - 1,
)
CLIP_HIGH = register(
    "clipping, from above",
    "clipping u⁺ + p3 d to an interval that holds u⁺ gives u + t_j d with t_j ≤ 1 + p3",
    "specification, T1: each coordinate's extrapolation is shortened separately",
    top - factor,
)
modulus = sp.Symbol("modulus", real=True)
LIPSCHITZ = register(
    "Lipschitz gradient",
    "⟨∇f(x) − ∇f(y), e⟩ ≤ m‖Δ‖‖e‖ ≤ (m/2)(‖e‖² + ‖Δ‖²) where ‖∇f(x) − ∇f(y)‖ ≤ m‖Δ‖",
    "Cauchy–Schwarz; definition of a Lipschitz modulus",
    gy + modulus / 2 * (a + b) - gx,
)
MINKOWSKI = register(
    "Minkowski",
    "‖w‖ ≤ a + b + x + y for the norms a, b, x, y of the parts of w, blocks taken together",
    "Minkowski's inequality in a finite sum",
    a + b + x + y - w,
)
