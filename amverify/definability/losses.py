r"""Losses: of differences, of classes, of margins, and divergences."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result
from amverify.definability.functions import algebraic, apply
from amverify.definability.ledger import Refused
from amverify.definability.values import (
    Shape,
    Value,
    absolute,
    constant,
    joined,
    larger,
    negated,
    outward,
    plus,
    product,
    square,
    summed,
    together,
)

_ZERO, _ONE = constant(0.0), constant(1.0)
_MEAN, _SUM = 1, 2
"""The numbers of the reductions."""
_LEAST_ENTROPY = -0.3679
"""y log y ≥ −1/e."""


def _reduced(c: Call, each: Value, name: str) -> Value:
    """None, mean or sum of what each entry gives, entries of the target that are broadcast too."""
    adds = c.given("reduction", _MEAN) == _SUM
    made = summed(each, c.broadcast("input", "target")) if adds else each
    return algebraic(name, made, c.ledger)


def _difference(c: Call) -> Value:
    return plus(c.value(), negated(c.value("target")))


def _mse(c: Call) -> Result:
    return _reduced(c, square(_difference(c)), "squared error")


def _l1(c: Call) -> Result:
    return _reduced(c, absolute(_difference(c)), "absolute error")


def _huber(c: Call) -> Result:
    d = _difference(c)
    shape = Shape.QUADRATIC if d.shape is Shape.AFFINE else Shape.OTHER
    return _reduced(c, d.made(0.0, shape=shape), "huber")


def _cross_entropy(c: Call) -> Result:
    logs = apply("log_softmax", c.value(), c.ledger)
    return _picked(c, logs, "cross-entropy")


def _nll(c: Call) -> Result:
    made = _picked(c, c.value(), "negative log-likelihood")
    return [made, _ONE]  # the second: the total weight


def _picked(c: Call, logs: Value, name: str) -> Value:
    weight = c.maybe("weight")
    each = product(negated(logs), constant(0.0, 1.0))
    if "target" in c.floating:
        each = product(negated(logs), _smoothed(c, c.value("target")))
        each = summed(each, max(c.sizes["input"], default=1))
    made = each if weight is None else together([each, product(each, weight)])
    if weight is not None and c.given("reduction", _MEAN) == _MEAN:
        made = _by_weights(c, made, weight)
    return _reduced(c, together([made, _ZERO]), name)


def _smoothed(c: Call, target: Value) -> Value:
    """Probabilities (1 − s)·t + s/C of C classes."""
    share = float(c.given("label_smoothing", 0.0))
    if share == 0:
        return target
    kept = constant(*outward(1 - share, 1 - share))
    return plus(product(target, kept), constant(0.0, share))


def _by_weights(c: Call, made: Value, weight: Value) -> Value:
    """A mean that is divided by the sum of the weights: no polynomial in them."""
    if not weight.low > 0:
        c.ledger.note(c.ledger.where, "off the zeros of the total weight")
        made = replace(made, low=-math.inf, high=math.inf, nonzero=False)
    return replace(made, degree=None, shape=Shape.OTHER) if weight.varies else made


def _bce_logits(c: Call) -> Result:
    x, y = c.value(), c.value("target")
    made = plus(apply("softplus", x, c.ledger), negated(product(x, y)))
    for name in ("weight", "pos_weight"):
        more = c.maybe(name)
        if more is not None:
            made = plus(made, product(made, replace(more, low=-math.inf, high=math.inf)))
    return _reduced(c, made, "logistic loss")


def _bce(c: Call) -> Result:
    """Its logarithms are cut at −100: analytic by pieces, and finite on [0, 1]."""
    x, y = c.value(), c.value("target")
    if x.low < 0 or x.high > 1:
        raise Refused("its input is not shown to lie in [0, 1]", "use the loss with logits")
    logs = larger(
        apply("log", replace(x, low=math.exp(-100.0), high=1.0), c.ledger), constant(-100.0)
    )
    made = negated(plus(product(y, logs), product(plus(_ONE, negated(y)), logs)))
    weight = c.maybe("weight")
    return _reduced(c, made if weight is None else product(made, weight), "binary cross-entropy")


def _kl_div(c: Call) -> Result:
    x, y = c.value(), c.value("target")
    if c.given("log_target", False):
        away = plus(y, negated(x))
        return _reduced(c, product(apply("exp", y, c.ledger), away), "KL divergence")
    entropy = constant(_LEAST_ENTROPY, _entropy(y.high))
    if y.varies:
        entropy = product(y, apply("log", y, c.ledger))
    elif y.low < 0:
        c.ledger.note(c.ledger.where, "targets of kl_div ≥ 0")
    made = plus(product(y, negated(x)), entropy)
    return _reduced(c, made, "KL divergence")


def _entropy(y: float) -> float:
    """The largest y log y of numbers up to this, rounded up."""
    return 0.0 if y <= 1 else y * math.log(y) * (1 + 1e-12)


def _margin(c: Call) -> Result:
    """Maxima of affine functions of the input, in the classes that the targets name."""
    x, weight = c.value(), c.maybe("weight")
    plain = x.shape <= Shape.AFFINE and float(c.given("p", 1)) == 1
    made = x.made(0.0, shape=Shape.POLYHEDRAL if plain else Shape.OTHER)
    return algebraic("hinge", made if weight is None else product(made, weight), c.ledger)


def _hinge_embedding(c: Call) -> Result:
    """x where the target is 1, max(0, margin − x) where it is −1, and else 0."""
    made = joined(c.value(), c.value("target")).made()
    return algebraic("hinge", made, c.ledger, jumps=c.value("target").varies)


def _soft_margin(c: Call) -> Result:
    return _reduced(
        c, apply("softplus", negated(product(c.value(), c.value("target"))), c.ledger), c.name
    )


def _ctc(c: Call) -> Result:
    made = negated(apply("logsumexp", c.value("log_probs"), c.ledger))
    return [algebraic("CTC", made, c.ledger)] * 2


LOSSES: dict[str, Handler] = {
    "mse_loss": _mse,
    "l1_loss": _l1,
    **dict.fromkeys(("huber_loss", "smooth_l1_loss"), _huber),
    "cross_entropy_loss": _cross_entropy,
    **dict.fromkeys(("nll_loss", "nll_loss_nd", "nll_loss2d", "nll_loss_forward"), _nll),
    "binary_cross_entropy_with_logits": _bce_logits,
    "binary_cross_entropy": _bce,
    "kl_div": _kl_div,
    **dict.fromkeys(("multi_margin_loss", "multilabel_margin_loss"), _margin),
    "hinge_embedding_loss": _hinge_embedding,
    "soft_margin_loss": _soft_margin,
    "ctc_loss": _ctc,
}
"""By the name of the ATen operation."""
