r"""Operations entry by entry: arithmetic and activations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result, as_value
from amverify.definability.cases import CASES
from amverify.definability.expressions import rounded
from amverify.definability.functions import FUNCTIONS, algebraic, apply
from amverify.definability.ledger import Refused
from amverify.definability.powers import general_power, power, quotient, reciprocal
from amverify.definability.values import (
    Value,
    absolute,
    constant,
    larger,
    negated,
    plus,
    product,
    smaller,
    square,
    together,
)


def _unary(name: str) -> Handler:
    return lambda c: apply(name, c.value(), c.ledger)


def _made(name: str, of: Callable[[Value], Value]) -> Handler:
    return lambda c: algebraic(name, of(c.value()), c.ledger)


def _binary(name: str, of: Callable[[Value, Value], Value]) -> Handler:
    return lambda c: algebraic(name, of(c.value(), c.value("other")), c.ledger)


def _scale(c: Call, name: str, by: str) -> Value:
    made, factor = c.value(name), as_value(c.given(by, 1))
    if made.masked and factor.low <= 0:
        raise Refused("a mask of −∞ times a number that is not positive")
    return product(made, factor)


def _add(c: Call) -> Result:
    return algebraic("add", plus(c.value(), _scale(c, "other", "alpha")), c.ledger)


def _sub(c: Call) -> Result:
    other = _scale(c, "other", "alpha")
    if other.masked:
        raise Refused("a mask of −∞ is subtracted")
    made = plus(c.value(), negated(other))
    return algebraic("add", made, c.ledger)


def _rsub(c: Call) -> Result:
    made = plus(c.value("other"), negated(_scale(c, "input", "alpha")))
    return algebraic("add", made, c.ledger)


def _mul(c: Call) -> Result:
    made = square(c.value()) if c.same else product(c.value(), c.value("other"))
    return algebraic("square" if c.same else "multiply", made, c.ledger)


def _div(c: Call) -> Result:
    made = quotient(c.value(), c.value("other"), c.ledger)
    return rounded("floor", made, c.ledger) if c.given("rounding_mode") else made


def _remainder(c: Call) -> Result:
    steps = rounded(c.name, quotient(c.value(), c.value("other"), c.ledger), c.ledger)
    made = plus(c.value(), negated(product(steps, c.value("other"))))
    return replace(made, semicontinuous=not made.jumps)


def _pow(c: Call) -> Result:
    exponent = c.arguments["exponent"]
    if isinstance(exponent, int | float):
        return power(c.value(), exponent, c.ledger)
    exact = as_value(exponent)
    if not exact.varies and exact.low == exact.high:
        return power(c.value(), exact.low, c.ledger)
    return general_power(c.value(), exact, c.ledger)


def _clamp(c: Call) -> Result:
    x, low, high = c.value(), c.maybe("min"), c.maybe("max")
    x = x if low is None else larger(x, low)
    return algebraic("clamp", x if high is None else smaller(x, high), c.ledger)


def _between(low: float, high: float) -> Handler:
    def made(c: Call) -> Result:
        a, b = as_value(c.given("min_val", low)), as_value(c.given("max_val", high))
        return algebraic(c.name, smaller(larger(c.value(), a), b), c.ledger)

    return made


def _leaky(c: Call) -> Result:
    return _sloped(c, float(c.given("negative_slope", 0.01)))


def _sloped(c: Call, slope: float) -> Result:
    x = c.value()
    steep = product(x, constant(slope))
    made = larger(x, steep) if slope <= 1 else smaller(x, steep)
    return algebraic("leaky_relu", made, c.ledger)


def _rrelu(c: Call) -> Result:
    if c.given("training", False):
        raise Refused("random: its slopes are drawn anew at each call", "call .eval() first")
    return _sloped(c, (float(c.given("lower", 0.125)) + float(c.given("upper", 1 / 3))) / 2)


def _prelu(c: Call) -> Result:
    x, below = c.value(), product(smaller(c.value(), constant(0.0)), c.value("weight"))
    return algebraic("prelu", plus(larger(x, constant(0.0)), below), c.ledger)


def _by_pieces(low: float = -math.inf) -> Handler:
    """Continuous and semialgebraic, with a range that is not looked for above."""
    return lambda c: algebraic(c.name, c.value().made(low, math.inf), c.ledger)


def _threshold(c: Call) -> Result:
    at, to = as_value(c.given("threshold", 0.0)), as_value(c.given("value", 0.0))
    made = together([larger(c.value(), at), to])
    return algebraic("threshold", made, c.ledger, jumps=at.low != to.low)


def _hardshrink(c: Call) -> Result:
    return algebraic("hardshrink", together([c.value(), constant(0.0)]), c.ledger, jumps=True)


def _gelu(c: Call) -> Result:
    approximate = c.given("approximate", "none")
    return apply("gelu" if approximate == "none" else "gelu_tanh", c.value(), c.ledger)


_LINEAR = 20.0
"""Where torch's softplus goes over to its argument: off by 2e-9 there, which is not looked at."""


def _softplus(c: Call) -> Result:
    beta = constant(float(c.given("beta", 1)))
    if beta.low <= 0:
        raise Refused("softplus needs β > 0")
    made = apply("softplus", product(c.value(), beta), c.ledger)
    made = product(made, constant(1 / beta.low))
    if float(c.given("threshold", _LINEAR)) >= _LINEAR:
        return made
    return algebraic("softplus, cut short", together([made, c.value()]), c.ledger, jumps=True)


def _logit(c: Call) -> Result:
    eps = c.given("eps")
    x = c.value() if eps is None else smaller(larger(c.value(), constant(eps)), constant(1 - eps))
    return apply("logit", x, c.ledger)


def _tan(c: Call) -> Result:
    x = c.value()
    return quotient(apply("sin", x, c.ledger), apply("cos", x, c.ledger), c.ledger)


def _logaddexp(c: Call) -> Result:
    both = together([c.value(), c.value("other")])
    made = apply("logsumexp", both, c.ledger)
    return replace(made, low=max(c.value().low, c.value("other").low), nonzero=False)


def _xlogy(c: Call) -> Result:
    return product(c.value(), apply("log", c.value("other"), c.ledger))


def _entr(c: Call) -> Result:
    x = c.value()
    if x.low <= 0 and not x.nonzero:
        c.ledger.note(c.ledger.wild, "−x log x is not subanalytic at 0")
    return negated(product(x, apply("log", x, c.ledger)))


def _atan2(c: Call) -> Result:
    both = replace(together([c.value(), c.value("other")]), low=-math.inf, high=math.inf)
    made = replace(apply("atan", both, c.ledger), low=-3.1416, high=3.1416, nonzero=False)
    return algebraic("atan2", made, c.ledger, jumps=True)


def _hypot(c: Call) -> Result:
    return power(plus(square(c.value()), square(c.value("other"))), 0.5, c.ledger)


def _lerp(c: Call) -> Result:
    ahead = plus(c.value("end"), negated(c.value()))
    return algebraic("lerp", plus(c.value(), product(ahead, c.value("weight"))), c.ledger)


def _addc(c: Call) -> Result:
    a, b = c.value("tensor1"), c.value("tensor2")
    made = product(a, b) if c.name == "addcmul" else quotient(a, b, c.ledger)
    scaled = product(made, as_value(c.given("value", 1)))
    return algebraic("add", plus(c.value(), scaled), c.ledger)


def _round(c: Call) -> Result:
    x, decimals = c.value(), int(c.given("decimals", 0))
    made = rounded(c.name, x, c.ledger)
    step = 10.0**-decimals
    return made if decimals == 0 else replace(made, low=x.low - step, high=x.high + step)


def _frac(c: Call) -> Result:
    return replace(rounded("frac", c.value(), c.ledger), low=-1.0, high=1.0, nonzero=False)


_ZERO = constant(0.0)
ELEMENTWISE: dict[str, Handler] = {
    **{name: _unary(name) for name in FUNCTIONS if name not in ("elu", "gelu", "softplus")},
    "expit": _unary("sigmoid"),
    "elu": _unary("elu"),
    "gelu": _gelu,
    "softplus": _softplus,
    "logit": _logit,
    "tan": _tan,
    "psi": _unary("digamma"),
    "gammaln": _unary("lgamma"),
    "add": _add,
    "sub": _sub,
    "subtract": _sub,
    "rsub": _rsub,
    "mul": _mul,
    "multiply": _mul,
    "div": _div,
    "divide": _div,
    "true_divide": _div,
    "floor_divide": lambda c: rounded("floor", _div(c), c.ledger),  # type: ignore[arg-type]
    "remainder": _remainder,
    "fmod": _remainder,
    "pow": _pow,
    "float_power": _pow,
    "square": _made("square", square),
    "neg": _made("add", negated),
    "negative": _made("add", negated),
    "abs": _made("abs", absolute),
    "absolute": _made("abs", absolute),
    "sqrt": lambda c: power(c.value(), 0.5, c.ledger),
    "rsqrt": lambda c: power(c.value(), -0.5, c.ledger),
    "reciprocal": lambda c: reciprocal(c.value(), c.ledger),
    "maximum": _binary("max", larger),
    "minimum": _binary("min", smaller),
    "fmax": _binary("max", larger),
    "fmin": _binary("min", smaller),
    "relu": _made("relu", lambda x: larger(x, _ZERO)),
    "relu6": _between(0.0, 6.0),
    "hardtanh": _between(-1.0, 1.0),
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
    "leaky_relu": _leaky,
    "rrelu": _rrelu,
    "prelu": _prelu,
    "hardswish": _by_pieces(-0.375),
    "hardsigmoid": lambda c: algebraic("hardsigmoid", c.value().made(0.0, 1.0), c.ledger),
    "softshrink": _by_pieces(),
    "hardshrink": _hardshrink,
    "threshold": _threshold,
    "logaddexp": _logaddexp,
    "logaddexp2": _logaddexp,
    "xlogy": _xlogy,
    "xlog1py": lambda c: product(c.value(), apply("log1p", c.value("other"), c.ledger)),
    "entr": _entr,
    "atan2": _atan2,
    "arctan2": _atan2,
    "hypot": _hypot,
    "lerp": _lerp,
    "addcmul": _addc,
    "addcdiv": _addc,
    **CASES,
    **{name: _round for name in ("floor", "ceil", "round", "trunc", "fix")},
    "frac": _frac,
}
"""By the name of the ATen operation, without ``special_`` and with ``arc…`` as ``a…``."""
