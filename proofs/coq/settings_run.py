r"""Settings of TPsi, TC0, TK, TC and TCplus: a whole run of blocks in metrics of their own.

A block's lengths are taken in the coordinates of the step's own metric (``settings_metric``); over
blocks and sweeps they are sums. A run is x^0, x^1, … in Rⁿ, ‖e^k‖ = ‖x^{k+1} − x^k‖ where sweep k
starts at x^k. What no run shows (limits) is written by hand, in ``ConvergenceStatements.v``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from proofs.coq import settings_metric as metric
from proofs.coq.settings import Applied, Given, Setting, given, setting


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _each(theorem: str, conclusion: str, values: Mapping[str, str], binders: str) -> Given:
    """The conditions at every index."""
    return given("conditions", binders, Applied(theorem, conclusion, values, "_conditions"))


_A_POSITIVE = given("a > 0", "0 < a")
_RUN = ("n K : nat", "x : nat -> vector", "Psi : nat -> R", "a low least : R")
_STEP = "norm n (diff (x (S k)) (x k))"
_ABOVE = given("inf R ≤ Ψ", "forall k, low <= Psi k")
_SWEEPS = given("meaning: there is a sweep", "(0 < K)%nat")
_SWEEP = {
    "psi0": "Psi 0%nat", "before": "Psi k", "dpsi": "Psi (S k) - Psi k", "e1": _STEP,
    "K": "INR K", **_same("low", "a"),
}  # fmt: skip
_TC0 = {**_SWEEP, "total": f"sum K (fun k => {_STEP} ^ 2)", "least": "least"}
_AT = {
    "before": "Psi 0%nat",
    "dpsi": "Psi 1%nat - Psi 0%nat",
    "e1": re.sub(r"\bk\b", "0%nat", _STEP),
}

TC0 = (
    Setting("TC0", "summable", "", _RUN,
            (_A_POSITIVE, _ABOVE,
             _each("TC0", "summable", _TC0, "forall k, (k < K)%nat -> ")),
            (Applied("TC0", "summable", {**_TC0, **_AT}),)),
    Setting("TC0", "least step", "", _RUN,
            (_SWEEPS, _A_POSITIVE, _ABOVE, given("least ≥ 0", "0 <= least"),
             given("meaning: the least", f"forall k, (k < K)%nat -> least <= {_STEP}"),
             _each("TC0", "least step", _TC0, "forall k, (k < K)%nat -> ")),
            (Applied("TC0", "least step", {**_TC0, **_AT}),)),
)  # fmt: skip

_LAST = "match k with O => start | S j => norm n (diff (x (S j)) (x j)) end"
_TK = {
    **_SWEEP, "e0": _LAST, "w1": "norm n (w (S k))",
    **_same("start", "b1", "b2", "lowest"),
}  # fmt: skip
TK = (
    Setting("TK", "complexity", "",
            ("n K : nat", "x w : nat -> vector", "Psi : nat -> R",
             "a b1 b2 start low lowest : R"),
            (_SWEEPS, _A_POSITIVE, _ABOVE, given("b1 ≥ 0", "0 <= b1"),
             given("b2 ≥ 0", "0 <= b2"), given("lowest ≥ 0", "0 <= lowest"),
             given("meaning: e⁰ is a length", "0 <= start"),
             given("meaning: the least", "forall k, (k < K)%nat -> lowest <= norm n (w (S k))"),
             _each("TK", "complexity", _TK, "forall k, (k < K)%nat -> ")),
            (Applied("TK", "complexity",
                     {**_TK, **_AT, "e0": "start", "w1": "norm n (w 1%nat)"}),)),
)  # fmt: skip

_TC_OWN = _same("b1", "b2", "m", "lam")
_ANY = {name: name for name in ("phi", "dist", "rt", "c", "theta", "w1", "v1", "b")}
_MOVED = "norm n (diff (x (S (S (S k)))) (x (S (S k))))"
_LENGTH = {
    **_ANY, **_TC_OWN, "tail": "tail", "e1": "norm n (diff (x (S (S k))) (x (S k)))",
    "e0": "norm n (diff (x (S k)) (x k))", "step2": f"{_MOVED} ^ 2",
    "dpsi": "r (S k) - r k", "r1": "r k", "n": "INR N", "a": "a",
}  # fmt: skip
_BOTH = "sqrt (norm n (w k) ^ 2 + norm d (v k) ^ 2)"
_FINITE = {
    **_LENGTH, **_same("c", "theta", "b"), "n": "INR N", "w1": "norm n (w k)",
    "v1": "norm d (v k)", "dist": _BOTH, "phi": "power0 (r k) (1 - theta)",
    "rt": "power0 (r k) theta",
}  # fmt: skip


def _at_start(values: Mapping[str, str], tail_: str) -> dict[str, str]:
    """The values at the first index, and the sum over N sweeps."""
    found = {name: re.sub(r"\bk\b", "0%nat", term) for name, term in values.items()}
    return {**found, "tail": tail_}


TC = (
    Setting("TC", "length of n sweeps", "",
            ("n N : nat", "x : nat -> vector", "r : nat -> R",
             "tail phi dist rt w1 v1 a b c theta b1 b2 m lam : R"),
            (_A_POSITIVE, given("Ψ* ≤ Ψ^k", "forall k, 0 <= r k"),
             given("λ > 0", "0 < lam"),
             _each("TC", "length of n sweeps", _LENGTH, "forall k, (k < N)%nat -> ")),
            (Applied("TC", "length of n sweeps",
                     _at_start(_LENGTH, f"sum N (fun k => {_MOVED})")),)),
    Setting("TC", "finite length", "",
            ("n d N : nat", "x w v : nat -> vector", "r : nat -> R",
             "tail a b c theta b1 b2 m lam : R"),
            (_A_POSITIVE, given("b > 0", "0 < b"), given("meaning: c is positive", "0 < c"),
             given("meaning: an exponent", "0 <= theta"),
             given("b ≥ b1 + m", "b1 + m <= b"), given("b ≥ b2", "b2 <= b"),
             given("Ψ* ≤ Ψ^k", "forall k, 0 <= r k"),
             _each("TC", "finite length", _FINITE, "forall k, ")),
            (Applied("TC", "finite length",
                     _at_start(_FINITE, f"sum N (fun k => {_MOVED})")),)),
)  # fmt: skip
_SUMS = "dpsi fall step2 amin low"
_WHOLE = _same(*_SUMS.split(), "n2", "s", "p1", "p2", "delta", "delta1", "theta")
_BLOCK = {**_WHOLE, **metric.LENGTHS, "old": "dot n before before", "dF": metric.CHANGE_G}
_ALONE = {**_BLOCK, "alpha": "s / t - 1 / 2", "q": "0"}
_LOOSE = "before : vector", f"delta delta1 theta n2 {_SUMS} : R"
_OWN_METRIC = given(
    "descent of a block: M = Q, and the variable is M^{1/2}u",
    "forall x i, (i < n)%nat -> image n Q x i = x i",
)
_ABOVE_METRIC = given(
    "descent of a block: M ⪰ ∇²H along e − p2Δ",
    "bend <= dot n (diff u1 u) (diff u1 u) - 2 * p2 * dot n Delta (diff u1 u)",
    " + p2 ^ 2 * dot n Delta Delta",
)


def _block(variant: str, variables: tuple[str, ...], given_: Sequence[Given],
           values: Mapping[str, str]) -> Setting:  # fmt: skip
    own = ("n : nat", "u Delta u1 : vector", *variables, *_LOOSE)
    return setting("TPsi", "block", variant, own, given_, values)


def _each_block(names: str) -> dict[str, str]:
    return {name: f"{name} i" for name in names.split()}


_E, _D = "(e i)", "(Delta i)"
_MANY = {
    **_same(*_SUMS.split()), **_each_block("dF old n2 s p1 p2 alpha q delta delta1"),
    "e2": f"dot (n i) {_E} {_E}", "de": f"dot (n i) {_D} {_E}", "d2": f"dot (n i) {_D} {_D}",
    "theta": "theta",
}  # fmt: skip
_TOGETHER = {
    **_MANY, "dpsi": "sum B (fun i => dF i + delta1 i / 2 * dot (n i) (e i) (e i)\n"
    "     - delta i / 2 * old i)",
    "fall": "sum B (fun i => alpha i * dot (n i) (e i) (e i))", "step2": "sum B n2",
}  # fmt: skip
_BLOCKS = (
    "B i : nat", "n : nat -> nat", "e Delta : nat -> vector",
    "dF old n2 s p1 p2 alpha q delta delta1 : nat -> R", f"theta {_SUMS} : R",
)  # fmt: skip
_SWEPT = (
    given("descent of a block", "forall i, (i < B)%nat -> dF i <=\n",
          f"   - alpha i * {_MANY['e2']} + (p1 i * s i - p2 i) * {_MANY['de']}\n",
          f"   + q i / 2 * {_MANY['d2']}"),
    given("c is paid, in every block", "forall i, (i < B)%nat -> ",
          Applied("TPsi", "block", _MANY, "_conditions")),
)  # fmt: skip
_PER_NORM = (
    given("α_i ≥ α_min", "forall i, (i < B)%nat -> amin <= alpha i"),
    given("M ⪰ λ⁻", "forall i, (i < B)%nat -> low * n2 i <=", f" {_MANY['e2']}"),
    given("ϑ ≥ 0", "0 <= theta"), given("α_min ≥ 0", "0 <= amin"),
)  # fmt: skip
TPSI = (
    _block("alone", ("uplus : vector", "H : vector -> R", *metric.MATRIX, "s t p1 p2 : R"),
           (given("descent of a block: p3 ≥ 0", "1 <= t"), *metric.QUADRATIC, _OWN_METRIC,
            metric.minimiser(metric.AHEAD, "uplus", part=False), metric.EXTRAPOLATED),
           {**_ALONE, "dF": metric.CHANGE}),
    _block("output", ("H g : vector -> R", *metric.MATRIX, "s p1 p2 : R"),
           (*metric.QUADRATIC, _OWN_METRIC, metric.G_CONVEX,
            metric.minimiser(metric.AHEAD, "u1", part=True)),
           {**_ALONE, "alpha": "s / 1 - 1 / 2"}),
    _block("joint", ("H g : vector -> R", "h : vector", "bend s p1 p2 : R"),
           (metric.minimiser("h", "u1", part=True), *metric.CURVED, _ABOVE_METRIC),
           {**_BLOCK, "alpha": "(s - 1) / 2", "q": "p2 ^ 2"}),
    setting("TPsi", "sweep", "", _BLOCKS, _SWEPT, _TOGETHER),
    setting("TPsi", "H1", "", _BLOCKS, (*_SWEPT, *_PER_NORM), _TOGETHER),
)  # fmt: skip

SETTINGS = (*TPSI, *TC0, *TK, *TC)
