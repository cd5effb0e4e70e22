"""Constants that classical theorems and published claims declare, with their meanings."""

from __future__ import annotations

from amverify.theorems.base import Parameter

MEANING = {
    "f0": "f(x^{k−1})",
    "f1": "f(x^k)",
    "df": "f(x^k) − f(x^{k−1})",
    "e2": "‖e‖², e = x^k − x^{k−1}",
    "de": "⟨Δ, e⟩, Δ = x^{k−1} − x^{k−2}",
    "d2": "‖Δ‖²",
    "g0": "‖∇f(x^{k−1})‖²",
    "g1": "‖∇f(x^k)‖²",
    "off": "‖e + η∇f(x^{k−1}) − βΔ‖",
    "eta": "step size η",
    "beta": "momentum β",
    "k": "the step's number",
    "L": "Lipschitz modulus of ∇f",
    "mu": "Polyak–Łojasiewicz constant μ",
    "fstar": "f*, the infimum",
    "D": "a bound on the distance ‖x⁰ − x*‖",
    "a": "a of H1",
    "b": "b of H2",
}
SMOOTH = Parameter("L", MEANING["L"])
PL = Parameter("mu", MEANING["mu"])
INFIMUM = Parameter("fstar", MEANING["fstar"], "any")
DISTANCE = Parameter("D", MEANING["D"], "nonnegative")
SUFFICIENT = Parameter("a", MEANING["a"])
RELATIVE = Parameter("b", MEANING["b"])
VALUE = "f(x_k)"
CHANGE = "f(x_k) − f(x_{k−1})"
UPDATED = "f(x_j)"
UPDATE_CHANGE = "f(x_j) − f(x_{j−1})"
"""Symbols of f(x^k), and of what a recorder knows better than the difference of two values, in
written claims (``amverify.claims``): on steps, and on updates of blocks."""
