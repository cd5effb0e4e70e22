r"""Settings of TM, TMG, TMQ, TH and TJ: one block in the coordinates M^{1/2}u of its own metric.

Δ = u − u⁻, e = u1 − u, û = u + p2Δ, ũ = u + p1Δ; h is ∇H(û). Of a quadratic H the gradient is a
function and the Hessian a symmetric matrix Q: what they say of each other is given at all points.
``before`` is Δ in the coordinates of the metric that made it.
"""

from __future__ import annotations

from proofs.coq.settings import Given, Setting, given, setting

_BLOCK = ("n : nat", "u Delta u1 : vector")
_E = "(diff u1 u)"
LENGTHS = {"e2": f"dot n {_E} {_E}", "de": f"dot n Delta {_E}", "d2": "dot n Delta Delta"}
_ANY_T = {name: name for name in ("s", "t", "p1", "p2")}
_ONE = {**_ANY_T, "t": "1"}

_WIDTH = given("eta", "0 <= eta")
_TANGENT = given("H convex", "H (move u p2 Delta) + dot n h (diff u (move u p2 Delta)) <= H u")
_SECOND_ORDER = given(
    "H smooth",
    "H u1 <= H (move u p2 Delta) + dot n h (diff u1 (move u p2 Delta)) + bend / 2",
)
G_CONVEX = given(
    "g convex",
    "forall tau, 0 < tau <= 1 ->",
    " g (move u1 tau (diff u u1)) <= (1 - tau) * g u1 + tau * g u",
)


def _model(at: str, slope: str, g: str = "") -> str:
    centre = f"(diff {at} (move u p1 Delta))"
    return f"{g}dot n {slope} {at} + s / 2 * dot n {centre} {centre}"


def minimiser(slope: str, at: str, part: bool) -> Given:
    """That a point minimises its model, with g or without."""
    sides = [_model(x, slope, f"g {x} + " if part else "") for x in (at, "v")]
    return given("proximal step", f"forall v, {sides[0]} <= {sides[1]}")


EXTRAPOLATED = given("extrapolation", "forall j, (j < n)%nat -> u1 j = u j + t * (uplus j - u j)")
AHEAD = "(grad (move u p2 Delta))"
QUADRATIC = (
    given("meaning: Q is symmetric", "forall i j, Q i j = Q j i"),
    given("H quadratic",
          "forall x y, H y = H x + dot n (grad x) (diff y x)",
          " + dot n (diff y x) (image n Q (diff y x)) / 2"),
    given("H quadratic: its gradient",
          "forall x y j, (j < n)%nat -> grad y j = grad x j + image n Q (diff y x) j"),
)  # fmt: skip

_SMOOTH = (*_BLOCK, "uplus : vector", "H : vector -> R", "h : vector")
_CONVEX = (*_BLOCK, "H g : vector -> R", "h : vector")
CHANGE, CHANGE_G = "H u1 - H u", "H u1 - H u + (g u1 - g u)"
_TM = {"dF": CHANGE, **LENGTHS, "bend": "bend", **_ANY_T, "eta": "eta"}
CURVED = (_TANGENT, _SECOND_ORDER)
_MOVES = (minimiser("h", "uplus", part=False), EXTRAPOLATED)
_MOVES_G = (G_CONVEX, minimiser("h", "u1", part=True))

TM = (
    setting("TM", "descent", "smooth", (*_SMOOTH, "bend s t p1 p2 eta : R"),
            (_WIDTH, *_MOVES, *CURVED), _TM),
    setting("TM", "descent", "convex", (*_CONVEX, "bend s p1 p2 eta : R"),
            (_WIDTH, *_MOVES_G, *CURVED), {**_TM, "dF": CHANGE_G, **_ONE}),
)  # fmt: skip

MATRIX = ("grad : vector -> vector", "Q : nat -> nat -> R")
_TMG = {
    "dF": CHANGE, "e2": LENGTHS["e2"], "de": LENGTHS["de"],
    "q_e": f"dot n {_E} (image n Q {_E})", "q_de": f"dot n Delta (image n Q {_E})", **_ANY_T,
    "eta": "eta",
}  # fmt: skip


def _quadratic(theorem: str) -> tuple[Setting, ...]:
    smooth = (*_BLOCK, "uplus : vector", "H : vector -> R", *MATRIX, "s t p1 p2 eta : R")
    convex = (*_BLOCK, "H g : vector -> R", *MATRIX, "s p1 p2 eta : R")
    moves = (minimiser(AHEAD, "uplus", part=False), EXTRAPOLATED)
    output = (G_CONVEX, minimiser(AHEAD, "u1", part=True))
    values = {**_TMG, "dF": CHANGE_G, **_ONE}
    return (
        setting(theorem, "no more", "smooth", smooth, (_WIDTH, *QUADRATIC, *moves), _TMG),
        setting(theorem, "no more", "convex", convex, (_WIDTH, *QUADRATIC, *output), values),
        setting(theorem, "no less", "", smooth, (_WIDTH, *QUADRATIC, *moves), _TMG),
    )


_CARRIED = {
    "old": "dot n before before", "delta": "delta", "delta1": "delta1", "theta": "theta",
}  # fmt: skip
_TH = {**{k: v for k, v in _TM.items() if k != "eta"}, **_CARRIED}
_PAST, _WEIGHTS = "before : vector", "bend s t p1 p2 delta delta1 theta : R"
TH = (
    setting("TH", "Lyapunov decrease", "smooth", (*_SMOOTH, _PAST, _WEIGHTS),
            (*_MOVES, *CURVED), _TH),
    setting("TH", "Lyapunov decrease", "convex",
            (*_CONVEX, _PAST, _WEIGHTS.replace(" t ", " ")),
            (*_MOVES_G, *CURVED), {**_TH, "dF": CHANGE_G, **_ONE}),
)  # fmt: skip

_TJ = {**_TH, "dF": CHANGE_G, **_ONE}
TJ = tuple(
    setting("TJ", conclusion, "", (*_CONVEX, _PAST, _WEIGHTS.replace(" t ", " ")),
            (minimiser("h", "u1", part=True), *CURVED), _TJ)
    for conclusion in ("descent", "Lyapunov decrease")
)  # fmt: skip

SETTINGS = (*TM, *_quadratic("TMG"), *_quadratic("TMQ"), *TH, *TJ)
