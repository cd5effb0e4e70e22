r"""Settings of T5, T6 and S1–S4: sequences of sweeps, and expectations over finitely many outcomes.

``power0 x q`` is x^q for x > 0 and 0 at 0, as the monitor reads r^θ; ``expect N weight X`` is
Σ_ω weight(ω)·X(ω).
"""

from __future__ import annotations

from collections.abc import Mapping

from proofs.coq.settings import Applied, Given, Setting, given, setting


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_CONSTANTS = given("meaning: the constants are positive", "0 < a /\\ 0 < b /\\ 0 < c")


def _tail(k: str, tail: str) -> Mapping[str, str]:
    """T5's symbols at index k: E (k+2) = ‖e_{k+1}‖."""
    return {
        "tail": tail, "e1": f"E (S {k})", "e0": f"E {k}", "step2": f"E (S (S {k})) ^ 2",
        "phi": f"power0 (r {k}) (1 - theta)", "dist": f"dist {k}",
        "rt": f"power0 (r {k}) theta", "dpsi": f"r (S {k}) - r {k}",
        **_same("a", "b", "c", "theta"),
    }  # fmt: skip


T5 = (
    Setting("T5", "finite length", "", ("E r dist : nat -> R", "a b c theta : R", "m : nat"),
            (_CONSTANTS, given("meaning: an exponent", "0 <= theta"),
             given("meaning: E k is a length", "forall k, 0 <= E k"),
             given("infimum", "forall k, 0 <= r k"),
             given("conditions", "forall k tail, ",
                   Applied("T5", "finite length", _tail("k", "tail"), "_conditions"))),
            (Applied("T5", "finite length", _tail("0%nat", "sum m (fun k => E (S (S k)))")),)),
)  # fmt: skip

_PATH = ("e1", "e0", "step2", "step02", "dist", "dpsi", "dpsi0")
_STEPS = {
    **{name: f"{name} i" for name in _PATH},
    "rt": "Rpower (s (S i)) theta", "r1": "s (S i)", "r0": "s i",
    **_same("A0", "Aj", "j", "two", "kappa", "a", "b", "c", "theta"),
}  # fmt: skip
_SUBLINEAR = {
    **{name: f"{name} O" for name in _PATH}, "rt": "rt", "r1": "s m", "r0": "s O",
    "A0": "Rpower (s O) (- (2 * theta - 1))", "Aj": "Rpower (s m) (- (2 * theta - 1))",
    "j": "INR m", "two": "Rpower 2 ((2 * theta - 1) / (1 + (2 * theta - 1)))",
    **_same("kappa", "a", "b", "c", "theta"),
}  # fmt: skip
T6 = (
    Setting("T6", "sublinear, θ > ½", "",
            ("s e1 e0 step2 step02 dist dpsi dpsi0 : nat -> R",
             "A0 Aj j two rt kappa a b c theta : R"),
            (_CONSTANTS, given("meaning: κ is 1 or 2", "1 <= kappa"),
             given("meaning: the regime", "1 / 2 < theta"),
             given("infimum", "forall i, 0 <= s i"),
             given("meaning: squares of lengths",
                   "forall i, e1 i ^ 2 <= step2 i /\\ e0 i ^ 2 <= step02 i"),
             given("meaning: the changes of Ψ add up",
                   "forall i, 0 - dpsi i - dpsi0 i <= s i - s (S i)"),
             given("conditions", "forall i, 0 < s (S i) -> ",
                   Applied("T6", "sublinear, θ > ½", _STEPS, "_conditions"))),
            ("forall m, 0 < s m ->\n  ", Applied("T6", "sublinear, θ > ½", _SUBLINEAR))),
)  # fmt: skip

_OUTCOMES: tuple[Given, ...] = (
    given("meaning: weights of the outcomes", "forall w, (w < N)%nat -> 0 <= weight w"),
    given("meaning: weights add up", "sum N weight = 1"),
)
_STEP = "(fun j => - (D j * g w j))"
S1 = (
    setting("S1", "expected descent", "",
            ("N n : nat", "weight : nat -> R", "f L alow : R",
             "f_next D grad variance : nat -> R", "g : nat -> nat -> R"),
            (*_OUTCOMES, given("meaning: L is a modulus", "0 <= L"),
             given("modulus", "forall w, (w < N)%nat -> f_next w <=\n",
                   f"   f + dot n grad {_STEP} + L / 2 * dot n {_STEP} {_STEP}"),
             given("unbiased",
                   "forall j, (j < n)%nat -> expect N weight (fun w => g w j) = grad j"),
             given("variance", "forall j, (j < n)%nat ->\n",
                   "   expect N weight (fun w => (g w j - grad j) * (g w j - grad j))",
                   " <= variance j")),
            {"dE": "expect N weight f_next - f",
             "pull": "sum n (fun j => D j * (grad j * grad j))",
             "square": "sum n (fun j => D j * D j * (grad j * grad j))",
             "noise": "sum n (fun j => D j * D j * variance j)", "L": "L", "alow": "alow"}),
)  # fmt: skip

S2 = (
    setting("S2", "rate", "",
            ("B K : nat", "f G : nat -> nat -> R", "L variance : nat -> R",
             "amin amax fstar Lmax : R"),
            (given("meaning: there is a sweep", "(0 < K)%nat"),
             given("S1 with α_max ≤ 1/L", "forall k i, (i < B)%nat -> f k (S i) <=\n",
                   "   f k i - amin / 2 * G k i + L i / 2 * (amax * amax * variance i)"),
             given("meaning: sweeps join", "forall k, f k B = f (S k) 0%nat"),
             given("infimum", "forall k, fstar <= f k 0%nat")),
            {"average": "sum K (fun k => sum B (G k)) / INR K", "f0": "f 0%nat 0%nat",
             "K": "INR K", "level": "sum B (fun i => L i * variance i)",
             **_same("fstar", "amin", "amax", "Lmax")}),
)  # fmt: skip

_BATCH = (
    "N B : nat", "n : nat -> nat", "weight : nat -> R", "f L amin amax G : R",
    "f_next : nat -> R", "D grad : nat -> nat -> R", "g g0 : nat -> nat -> nat -> R",
    "bias earlier lowest first fstar K : R",
)  # fmt: skip
_MOVED = "(fun j => D i j * g w i j)"
_ONE_BATCH = (
    *_OUTCOMES,
    given("meaning: constants are not negative", "0 <= L /\\ 0 <= G /\\ 0 <= amax"),
    given("meaning: step sizes", "forall i j, (i < B)%nat -> (j < n i)%nat ->",
          " amin <= D i j <= amax"),
    given("modulus", "forall w, (w < N)%nat -> f_next w <=\n",
          f"   f + sum B (fun i => - dot (n i) (grad i) {_MOVED})\n",
          f"   + L / 2 * sum B (fun i => dot (n i) {_MOVED} {_MOVED})"),
    given("meaning: ∇f(w) is the mean", "forall i j, (i < B)%nat -> (j < n i)%nat ->\n",
          "   expect N weight (fun w => g0 w i j) = grad i j"),
    given("Lbar", "forall w i, (w < N)%nat -> (i < B)%nat ->\n",
          "   norm (n i) (fun j => g w i j - g0 w i j) <=\n",
          "   L * norm i (fun k => norm (n k) (fun j => D k j * g w k j))"),
    given("bounded", "forall i, (i < B)%nat ->\n",
          "   expect N weight (fun w => dot (n i) (g w i) (g w i)) <= G * G"),
    given("bounded", "forall i, (i < B)%nat -> norm (n i) (grad i) <= G"),
)  # fmt: skip
_SWEEP = {
    "dE": "expect N weight f_next - f", "g0": "sum B (fun i => dot (n i) (grad i) (grad i))",
    "amin": "amin", "amax": "amax", "Lbar": "L", "B": "INR B", "G2": "G ^ 2", "f0": "first",
    **_same("bias", "earlier", "lowest", "fstar", "K"),
}  # fmt: skip
_BIASED = {
    **_SWEEP, "dE": "dE", "g0": "g2",
    "bias": "norm (n i) (fun j => expect N weight (fun w => g w i j - grad_at w i j))",
    "earlier": "sum i (fun k => expect N weight (fun w => norm (n k) (g w k)))",
}  # fmt: skip


def _rate(change: str, gradient: str) -> dict[str, str]:
    return {
        "dE": change, "g0": gradient, "f0": "f 0%nat", "K": "INR K",
        **_same("amin", "amax", "Lbar", "B", "G2", "bias", "earlier", "lowest", "fstar"),
    }  # fmt: skip


S3 = (
    setting("S3", "expected descent", "", _BATCH, _ONE_BATCH, _SWEEP),
    setting("S3", "expected descent, sharper", "", _BATCH, _ONE_BATCH, _SWEEP),
    setting("S3", "bias", "",
            ("i : nat", "dE g2 : R", *_BATCH[:-1], "grad_at : nat -> nat -> nat -> R",
             "lowest first fstar K : R"),
            (*_ONE_BATCH, given("meaning: a block", "(i < B)%nat"),
             given("meaning: step sizes", "0 <= amin"),
             given("Lbar", "forall w i, (w < N)%nat -> (i < B)%nat ->\n",
                   "   norm (n i) (fun j => grad i j - grad_at w i j) <=\n",
                   "   L * norm i (fun k => norm (n k) (fun j => D k j * g w k j))")),
            _BIASED),
    setting("S3", "rate", "",
            ("K : nat", "f g2 : nat -> R", "dE g0 amin amax Lbar B G2 bias earlier : R",
             "lowest fstar : R"),
            (given("meaning: there is a sweep", "(0 < K)%nat"),
             given("expected descent", "forall k, ",
                   Applied("S3", "expected descent", _rate("f (S k) - f k", "g2 k"))),
             given("infimum", "forall k, fstar <= f k"),
             given("meaning: the least", "forall k, (k < K)%nat -> lowest <= g2 k")),
            _rate("dE", "g0")),
)  # fmt: skip

_USED = "fun j => grad_next i j - grad_used i j"
_LENGTH = "norm B (fun i => norm (n i) (e i))"
S4 = (
    setting("S4", "relative error", "",
            ("B : nat", "n : nat -> nat", "e grad_used grad_next alpha : nat -> nat -> R",
             "dF w2 slope L amin M ahigh : R"),
            (given("meaning: M is a modulus", "0 <= M"),
             given("formula", "forall i j, (i < B)%nat -> (j < n i)%nat ->\n",
                   "   amin <= alpha i j /\\ e i j = - (alpha i j * grad_used i j)"),
             given("M", f"forall i, (i < B)%nat -> norm (n i) ({_USED}) <= M * {_LENGTH}")),
            {"e2": "sum B (fun i => dot (n i) (e i) (e i))",
             "g1": "sum B (fun i => dot (n i) (grad_next i) (grad_next i))", "B": "INR B",
             **_same("dF", "w2", "slope", "L", "amin", "M", "ahigh")}),
)  # fmt: skip

SETTINGS = (*T5, *T6, *S1, *S2, *S3, *S4)
