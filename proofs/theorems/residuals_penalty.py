r"""TRp: each kind of block by Minkowski over what its residual is made of, then over all blocks.

    W_l, b_l, a_l   −((s/t)L − Q)e + cLΔ + p2(L − Q)Δ + what moved since
    z_l, l < L      (v' − v) − γe + p1γΔ
    z_L             ρ(1 − s/t)e + ρcΔ + what ∇R turns

Over all blocks as TR.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from amverify.theorems import residuals_penalty as trp
from amverify.theorems.blockwise import PAST, STEP
from amverify.theorems.reach import ACTIVE, OUT, PENALTY, B, W, Z, gamma, p1, p2
from proofs.script.ledger import Plus, Proof, Start
from proofs.script.lengths import MULTIPLE, PRODUCT
from proofs.theorems.residuals import TIES, above_zero, alone, equal, finish, jointly, sized

MINUS = sp.Integer(-1)


def stepped(start: Start, case: str) -> Proof:
    """A block that takes a gradient step."""
    proof = start.proof(0, case)
    since, own = trp.SINCE[case], trp.TURNS[case]
    parts = (-own.pressed, TIES * own.scaled_past, p2 * own.spare, *since)
    same = equal(
        proof, case, sum(parts[1:], parts[0]),
        ("gradient", 1), ("since", 1), ("∇H", 1), ("step", 1), ("((s/t)L − Q)e", 1),
        ("(L − Q)Δ", -p2),
    )  # fmt: skip
    plain = {part: part if part.parts[0][1] == 1 else -part for part in since}
    sizes = [
        sized(proof, MINUS, own.pressed), sized(proof, TIES, own.scaled_past),
        sized(proof, p2, own.spare),
        *(sized(proof, MINUS, v) for part, v in plain.items() if part != v),
    ]  # fmt: skip
    ties, other = above_zero(proof, sp.Abs(TIES)), above_zero(proof, sp.Abs(p2))
    factors = {own.scaled_past: (ties,), own.spare: (other,)}
    images = (own.pressed, own.scaled_past, own.spare, *plain.values())
    pays = [Plus(1, (*factors.get(v, ()), proof.fact(PRODUCT, v, name=f"‖{v}‖"))) for v in images]
    return finish(proof, case, same, parts, pays, sizes, PENALTY)


def near(start: Start) -> Proof:
    """z_l, l < L."""
    proof = start.proof(0, Z)
    parts = (trp.JUMP, -(gamma * STEP), p1 * (gamma * PAST))
    same = equal(proof, Z, sum(parts[1:], parts[0]), ("w", 1))
    weight = proof.hypothesis("γ ≥ 0")
    sizes = [sized(proof, MINUS, gamma * STEP), sized(proof, p1, gamma * PAST)]
    sizes += [proof.fact(MULTIPLE, gamma, v, name=f"‖γ{v}‖", sides=[weight]) for v in (STEP, PAST)]
    pays = [Plus(1, (proof.fact(PRODUCT, trp.JUMP, name="‖v' − v‖"),))]
    return finish(proof, Z, same, parts, pays, sizes, PENALTY)


def t_rp(start: Start) -> Sequence[Proof]:
    """Five kinds of blocks, and all of them together."""
    return (
        *(stepped(start, case) for case in (W, B, ACTIVE)), near(start),
        alone(start, OUT, PENALTY), jointly(start),
    )  # fmt: skip


GROUP = {"TRp": t_rp}
