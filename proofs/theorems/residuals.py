r"""TR: each kind of block by Minkowski over what its residual is made of, then over all blocks.

**Jointly.** Block by block ‖w_i‖ ≤ g_i = b_own‖e_i‖ + … with the largest coefficients, so
g_i² − ‖w_i‖² = (g_i − ‖w_i‖)(g_i + ‖w_i‖) ≥ 0; summed, ‖w‖ ≤ ‖g‖, and g is a sum of families of
norms, of which three are parts of that of the ‖e_i‖.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy as sp

from amverify.theorems import reach
from amverify.theorems import residuals as tr
from amverify.theorems.blockwise import PAST, STEP
from amverify.theorems.properties import Vector, length
from amverify.theorems.reach import rho, s, t
from proofs.kernel import checker
from proofs.kernel.checker import Proved
from proofs.kernel.polynomial import Poly, const
from proofs.script.facts import MINKOWSKI, NORM, SQUARE
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lemmas import inside_of, rooted, summed
from proofs.script.lengths import AMONG, EQUAL, MULTIPLE, PRODUCT, SIZE
from proofs.script.translate import polynomial, relation
from proofs.script.vectors import coordinate, inner, norm

Formulas = Mapping[str, Mapping[sp.Symbol, sp.Expr]]
LENGTHS = {tr.step: STEP, tr.near: tr.E_Z, tr.next_: tr.E_NEXT, tr.far: tr.E_FAR, tr.past: PAST}
SHORT, TIES = 1 - s / t, tr.COUPLING


def above_zero(proof: Proof, size: sp.Expr) -> Proved:
    """|q| ≥ 0."""
    (part,) = [x for x in sp.Mul.make_args(size) if isinstance(x, sp.Abs)]
    return proof.record(f"{part} ≥ 0", checker.absolute(inside_of(polynomial(part)))[0], "absolute")


def sizes(proof: Proof) -> tuple[dict[sp.Symbol, Proved], list[Proved]]:
    """‖e_i‖ ≥ 0 and its like; and that the symbols are these norms."""
    found = {x: proof.fact(NORM, v, name=f"{x} ≥ 0") for x, v in LENGTHS.items()}
    return found, [proof.symbol(x.name) for x in (tr.res, *LENGTHS)]


def finish(proof: Proof, case: str, equal: Proved, parts: Sequence[Vector],
           pays: Iterable[Plus], equations: Iterable[Proved],
           formulas: Formulas = reach.FORMULAS) -> Proof:  # fmt: skip
    """Minkowski over the parts, what each costs, and the coefficients of the run."""
    norms, meant = sizes(proof)
    own = formulas[case]
    added = [Plus(1, (proof.fact(MINKOWSKI, *parts, name="Minkowski"),)), *pays]
    for c, x in zip(reach.COEFFICIENTS, tr.SIZES, strict=True):
        sign = proof.hypothesis(f"{c}, {case}") if c in own else proof.hypothesis(f"{c} ≥ 0")
        added.append(Plus(1, (sign, norms[x])))
    goal = relation(proof.theorem.conclusions[0].inequality).poly
    return proof.conclude(proof.certificate("block", goal, added, [equal, *equations, *meant]))


def sized(proof: Proof, c: sp.Expr, x: Vector) -> Proved:
    """‖cx‖ = |c|‖x‖."""
    return proof.fact(SIZE, c, x, name=f"‖({c})·{x}‖")


def equal(proof: Proof, case: str, whole: Vector, *said: tuple[str, Any]) -> Proved:
    """That the residual is a sum, by equations of a kind of block, each so many times."""
    equations = [(f"{name}, {case}", sp.sympify(c)) for name, c in said]
    return proof.fact(EQUAL, tr.W, whole, *equations, name="the residual")


def weights(start: Start) -> Proof:
    """V_l: (1 − s/t)Me + cMΔ − ρe_zᵀ[A 1]."""
    proof = start.proof(0, reach.V)
    parts = (SHORT * tr.OF_STEP, TIES * tr.OF_PAST, -tr.MOVED)
    same = equal(
        proof, reach.V, parts[0] + parts[1] + parts[2],
        ("gradient", 1), ("since", 1), ("M = Q", 1), ("step", 1),
    )  # fmt: skip
    sizes_ = [
        sized(proof, SHORT, tr.OF_STEP), sized(proof, TIES, tr.OF_PAST),
        sized(proof, sp.Integer(-1), tr.MOVED),
    ]  # fmt: skip
    short, ties = above_zero(proof, reach.SHORT), above_zero(proof, reach.COUPLING)
    maps = [proof.fact(PRODUCT, v, name=f"‖{v}‖") for v in (tr.OF_STEP, tr.OF_PAST, tr.MOVED)]
    pays = [Plus(1, (short, maps[0])), Plus(1, (ties, maps[1])), Plus(1, (maps[2],))]
    return finish(proof, reach.V, same, parts, pays, sizes_)


def alone(start: Start, case: str, formulas: Formulas = reach.FORMULAS) -> Proof:
    """z_l and z_L: ρ(1 − s/t)e + ρcΔ, and what ∇R turns."""
    proof = start.proof(0, case)
    turned = (tr.OUTPUT_TURN,) if case == reach.OUT else ()
    parts = (SHORT * (rho * STEP), TIES * (rho * PAST), *turned)
    same = equal(proof, case, sum(parts[1:], parts[0]), ("w", 1), ("∇H", 1))
    weight = proof.hypothesis("ρ ≥ 0")
    sizes_ = [sized(proof, SHORT, rho * STEP), sized(proof, TIES, rho * PAST)]
    sizes_ += [proof.fact(MULTIPLE, rho, v, name=f"‖ρ{v}‖", sides=[weight]) for v in (STEP, PAST)]
    pays = [Plus(1, (proof.fact(PRODUCT, v, name=f"‖{v}‖"),)) for v in turned]
    return finish(proof, case, same, parts, pays, sizes_, formulas)


def activations(start: Start) -> Proof:
    """a_l: −(sκ − Q)e + cκΔ + p2(κ − Q)Δ + ρ[a 1]e_VᵀW − ρe_zW + ρr'e_W."""
    proof = start.proof(0, reach.ACTIVE)
    p2 = reach.p2
    parts = (-tr.PRESSED, TIES * tr.SCALED_PAST, p2 * tr.SPARE, tr.SHIFTED, -tr.CARRIED, tr.TURNED)
    same = equal(
        proof, reach.ACTIVE, sum(parts[1:], parts[0]),
        ("w", 1), ("since", 1), ("∇H", 1), ("(sκ − Q)e", 1), ("(κ − Q)Δ", -p2),
    )  # fmt: skip
    minus = sp.Integer(-1)
    sizes_ = [
        sized(proof, minus, tr.PRESSED), sized(proof, TIES, tr.SCALED_PAST),
        sized(proof, p2, tr.SPARE), sized(proof, minus, tr.CARRIED),
    ]  # fmt: skip
    ties, other = above_zero(proof, reach.COUPLING), above_zero(proof, sp.Abs(p2))
    factors = {tr.SCALED_PAST: (ties,), tr.SPARE: (other,)}
    images = (tr.PRESSED, tr.SCALED_PAST, tr.SPARE, tr.SHIFTED, tr.CARRIED, tr.TURNED)
    pays = [Plus(1, (*factors.get(v, ()), proof.fact(PRODUCT, v, name=f"‖{v}‖"))) for v in images]
    return finish(proof, reach.ACTIVE, same, parts, pays, sizes_)


NAMES = [x.name for x in (tr.res, *tr.SIZES, *reach.COEFFICIENTS)]
NAMES += [length(v).name for v in (tr.W, *LENGTHS.values())]
"""What each block has of its own."""


def _largest(proof: Proof) -> tuple[Poly, Proved]:
    """‖w_i‖ ≤ g_i with the largest coefficients."""
    norms, meant = sizes(proof)
    terms = [Plus(1, (proof.earlier(0),))]
    bound = const(0)
    for b, x in zip(tr.LARGEST, tr.SIZES, strict=True):
        terms.append(Plus(1, (proof.symbol(b.name), norms[x])))
        bound += polynomial(b * x)
    return bound, proof.certificate("g_i", bound - polynomial(tr.res), terms, meant)


def jointly(start: Start) -> Proof:
    """Over the blocks."""
    proof = start.proof(1)
    bound, one = _largest(proof)
    size = proof.fact(NORM, tr.W, name="‖w_i‖ ≥ 0")
    own = polynomial(tr.res)
    squares = proof.certificate(
        "g_i² ≥ ‖w_i‖²", bound * bound - own * own,
        [Plus(1, (one, one)), Plus(2, (one, size))], [proof.symbol("res_j")],
    )  # fmt: skip
    whole = summed(proof, "over the blocks", squares, NAMES)
    signs = [_sign(proof, b, c) for b, c in zip(tr.LARGEST, reach.COEFFICIENTS, strict=True)]
    parts = [b * v for b, v in zip(tr.LARGEST, tr.FAMILIES, strict=True)]
    total = sum(parts[1:], parts[0])
    assert coordinate(total) == bound
    lengths = [
        proof.fact(SQUARE, v, name=f"‖{n}‖²") for v, n in ((total, "g"), (tr.RESIDUALS, "w"))
    ]
    apart = proof.certificate(
        "‖g‖² ≥ ‖w‖²",
        norm(total) * norm(total) - norm(tr.RESIDUALS) * norm(tr.RESIDUALS),
        [Plus(1, (whole,))], lengths,
    )  # fmt: skip
    assert whole.conclusion.poly == inner(total, total) - inner(tr.RESIDUALS, tr.RESIDUALS)
    above = proof.fact(NORM, total, name="‖g‖ ≥ 0")
    reached = rooted(proof, norm(tr.RESIDUALS), norm(total), apart, above, "‖w‖ ≤ ‖g‖")
    added = proof.fact(MINKOWSKI, *parts, name="Minkowski over the families")
    sizes_ = [
        proof.fact(MULTIPLE, b, v, name=f"‖{b}·{v}‖", sides=[sign])
        for b, v, sign in zip(tr.LARGEST, tr.FAMILIES, signs, strict=True)
    ]
    among = [Plus(1, (sign, proof.fact(AMONG, v, name=f"‖{v}‖ ≤ ‖e‖")))
             for sign, v in zip(signs[1:4], tr.FAMILIES[1:4], strict=True)]  # fmt: skip
    meant = [proof.symbol(n) for n in ("total", "e1", "e0")]
    goal = relation(start.theorem.conclusions[1].inequality).poly
    terms = [Plus(1, (reached,)), Plus(1, (added,)), *among]
    return proof.conclude(proof.certificate("jointly", goal, terms, [*sizes_, *meant]))


def _sign(proof: Proof, b: sp.Symbol, c: sp.Symbol) -> Proved:
    """The largest coefficient is not negative, as none is."""
    terms = [Plus(1, (proof.symbol(b.name),)), Plus(1, (proof.hypothesis(f"{c} ≥ 0"),))]
    return proof.certificate(f"{b} ≥ 0", b, terms)


def t_r(start: Start) -> Sequence[Proof]:
    """Four kinds of blocks, and all of them together."""
    return (
        weights(start), alone(start, reach.Z), activations(start), alone(start, reach.OUT),
        jointly(start),
    )  # fmt: skip


GROUP = {"TR": t_r}
