r"""Settings of T1–T4 and G1–G4: one block u of n coordinates, Δ = u − u⁻, e = u1 − u.

û = u + p2Δ, ũ = u + p1Δ; h is ∇H(û). Convexity and moduli are given where a proof uses them: at
the points u, û and u1; h0 is ∇H(u).
"""

from __future__ import annotations

from proofs.coq.settings import Applied, Given, Setting, given, setting

_BLOCK = ("n : nat", "u Delta u1 : vector")
_E2, _DE, _D2 = "dot n (diff u1 u) (diff u1 u)", "dot n Delta (diff u1 u)", "dot n Delta Delta"
_SQUARES = {"e2": _E2, "de": _DE, "d2": _D2}
_NUMBERS = {name: name for name in ("bend", "L", "s", "t", "p1", "p2")}

_MODULUS_POSITIVE = given("meaning: 0 < L, the proximal step divides by sL", "0 < L")
_TANGENT = given("H convex", "H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u")
_SECOND_ORDER = given(
    "H smooth",
    "H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2",
)
_G_CONVEX = given(
    "g convex",
    "forall tau, 0 < tau <= 1 ->",
    " g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u",
)


def _proximal(at: str) -> str:
    centre = f"(diff {at} (move u p1 Delta))"
    return f"g {at} + dot n h {at} + s * L / 2 * dot n {centre} {centre}"


_MINIMISER = given("proximal step", f"forall v, {_proximal('u1')} <= {_proximal('v')}")
_FEASIBLE = given("box", "forall j, (j < n)%nat -> inside (lo j) (hi j) (u j)")
_PROJECTED = given(
    "proximal step",
    "forall j, (j < n)%nat ->",
    " uplus j = clip (lo j) (hi j) (move u p1 Delta j - h j / (s * L))",
)
_EXTRAPOLATED = given(
    "extrapolation",
    "forall j, (j < n)%nat -> u1 j = clip (lo j) (hi j) (uplus j + p3 * (uplus j - u j))",
)

_BOX = (*_BLOCK, "H : vector -> R", "h uplus : vector", "lo hi : nat -> option R",
        "bend L s p1 p2 p3 : R")  # fmt: skip
_T1_BOX = {"dF": "H u1 - H u", **_SQUARES, **_NUMBERS, "t": "1 + p3"}
_T1_CONVEX = {"dF": "H u1 - H u + (g u1 - g u)", **_SQUARES, **_NUMBERS, "t": "1"}
_T2N = {
    "dF": "H u1 - H u + (g u1 - g u)", **_SQUARES,
    "rise": "H u1 - H u - dot n h0 (diff u1 u)", "turn": "dot n (diff h h0) (diff u1 u)",
    **{name: name for name in ("L", "s", "t", "p1", "p2")},
}  # fmt: skip

T1 = (
    setting("T1", "descent", "box", _BOX,
            (_MODULUS_POSITIVE, _FEASIBLE, _PROJECTED, _EXTRAPOLATED, _TANGENT, _SECOND_ORDER),
            _T1_BOX),
    setting("T1", "descent", "convex",
            (*_BLOCK, "H g : vector -> R", "h : vector", "bend L s p1 p2 : R"),
            (_G_CONVEX, _MINIMISER, _TANGENT, _SECOND_ORDER), _T1_CONVEX),
)  # fmt: skip


def _weighted(at: str) -> str:
    centre = f"(diff {at} (move u p1 Delta))"
    return f"F {at} + gamma / 2 * dot n {centre} {centre}"


T1P = (
    setting("T1p", "descent", "", (*_BLOCK, "F : vector -> R", "p1 gamma : R"),
            (given("exact minimiser", f"{_weighted('u1')} <= {_weighted('u')}"),),
            {"dF": "F u1 - F u", **_SQUARES, "p1": "p1", "gamma": "gamma"}),
)  # fmt: skip

_OWN = {name: name for name in ("dF", "e2", "de", "d2", *_NUMBERS)}
_SCALARS = " ".join(_OWN)
_ONE_NUMBER = {**_OWN, "e2": "e * e", "de": "Delta * e", "d2": "Delta * Delta"}

T2 = (
    Setting("T2", "region", "exact", (f"{_SCALARS} : R",), (_MODULUS_POSITIVE,),
            ("(", Applied("T2", "region", _OWN), " <->\n  exists delta a : R, 0 < a /\\\n",
             "    forall e Delta : R,\n    ", Applied("T1", "descent", _ONE_NUMBER, "_rhs"),
             "\n    + delta / 2 * (e * e - Delta * Delta) <= - a * (e * e + Delta * Delta))")),
)  # fmt: skip

T2N = (
    setting("T2n", "decrease", "",
            (*_BLOCK, "H g : vector -> R", "h h0 : vector", "L s t p1 p2 : R"),
            (_MODULUS_POSITIVE, given("p3 ≥ 0", "1 <= t"), _G_CONVEX, _MINIMISER), _T2N),
)  # fmt: skip

_LENGTHS = {
    name: f"norm B (fun i => norm (n i) ({x} i))"
    for name, x in (("w1", "w"), ("e1", "e"), ("e0", "Delta"))
}
T4 = (
    setting("T4", "relative error", "",
            ("B : nat", "n : nat -> nat", "w e Delta : nat -> nat -> R", "later : nat -> R",
             "M L s p1 p2 extra nu lip : R"),
            (given("meaning: moduli and parameters are not negative",
                   "0 <= M /\\ 0 <= L /\\ 0 <= s /\\ 0 <= p1 /\\ 0 <= p2 /\\ 0 <= extra",
                   " /\\ 0 <= nu /\\ 0 <= lip"),
             given("meaning: later i is ‖e_a‖ of the a_l behind z_l, 0 elsewhere",
                   "forall i, (i < B)%nat -> 0 <= later i"),
             given("smooth part with points û, proximal terms, output, penalty",
                   "forall i, (i < B)%nat -> norm (n i) (w i) <=\n",
                   f"   M * ({_LENGTHS['e1']} + p2 * norm (n i) (Delta i))\n",
                   "   + s * L * (norm (n i) (e i) + p1 * norm (n i) (Delta i))",
                   " + extra * norm (n i) (e i) + nu * lip * later i")),
            {**_LENGTHS, "ea": "norm B later", "B": "INR B", "M": "M", "Lmax": "L", "smax": "s",
             "p1max": "p1", "p2max": "p2", "extra": "extra", "nu": "nu", "lip": "lip"}),
)  # fmt: skip

_STEP = ("n : nat", "g e Delta : vector", "df eta beta L : R")
_OFF = "norm n (fun j => e j + (eta * g j - beta * Delta j))"
_LEMMA: Given = given("∇f Lipschitz", "df <= dot n g e + L / 2 * dot n e e")
_NO_MOMENTUM = given("β = 0", "beta = 0")
_DONE = {"df": "df", "e2": "dot n e e", "eta": "eta", "L": "L", "off": _OFF}
G = (
    setting("G1", "descent", "", _STEP, (_LEMMA, _NO_MOMENTUM), _DONE),
    setting("G2", "rate", "", (*_STEP, "f0 mu fstar : R"), (_LEMMA, _NO_MOMENTUM),
            {**_DONE, "f0": "f0", "g0": "dot n g g", "mu": "mu", "fstar": "fstar"}),
    setting("G4", "Lyapunov decrease", "", _STEP, (_LEMMA,),
            {**_DONE, "d2": "dot n Delta Delta", "beta": "beta"}),
)  # fmt: skip

SETTINGS = (*T1, *T1P, *T2, *T2N, *T4, *G)
