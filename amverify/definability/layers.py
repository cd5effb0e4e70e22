r"""Layers and losses: convolution, normalisation, dropout, attention, recurrence, cross-entropy."""

from __future__ import annotations

import math
from dataclasses import replace

from amverify.definability.call import Call, Handler, Result
from amverify.definability.elementwise import ELEMENTWISE
from amverify.definability.functions import algebraic, apply
from amverify.definability.ledger import Refused
from amverify.definability.matrices import MATRICES
from amverify.definability.powers import power
from amverify.definability.reductions import REDUCTIONS, contracted
from amverify.definability.values import (
    Shape,
    Value,
    absolute,
    constant,
    larger,
    negated,
    plus,
    product,
    square,
    summed,
    together,
)

_ZERO, _ONE = constant(0.0), constant(1.0)


def _linear(c: Call) -> Result:
    terms = c.sizes["weight"][-1]
    made = contracted(c, [c.value(), c.value("weight")], terms)
    return algebraic("linear", _with_bias(c, made), c.ledger)


def _with_bias(c: Call, made: Value) -> Value:
    bias = c.maybe("bias")
    return made if bias is None else plus(made, bias)


def _convolution(c: Call) -> Result:
    terms = math.prod(c.sizes["weight"])
    made = contracted(c, [together([c.value(), _ZERO]), c.value("weight")], terms)
    return algebraic("convolution", _with_bias(c, together([made, _ZERO])), c.ledger)


def _bilinear(c: Call) -> Result:
    made = contracted(
        c, [c.value("input1"), c.value("weight"), c.value("input2")], math.prod(c.sizes["weight"])
    )
    return algebraic("bilinear", _with_bias(c, made), c.ledger)


def _dropout(c: Call) -> Result:
    p = float(c.given("p", 0.5))
    if c.given("train", True) and p > 0:
        raise Refused("random: it drops other entries at each call", "call .eval() first, or p = 0")
    return [c.value(), _ONE]


def _scaled_shifted(c: Call, made: Value) -> Value:
    weight, bias = c.maybe("weight"), c.maybe("bias")
    made = made if weight is None else product(made, weight)
    return made if bias is None else plus(made, bias)


def _epsilon(c: Call) -> float:
    eps = c.arguments.get("eps", 1e-5)
    eps = 1e-7 if eps is None else float(eps)
    if eps < 0:
        raise Refused(f"normalisation with ε = {eps:g} < 0")
    if eps == 0:
        c.ledger.note(c.ledger.where, "off inputs whose variance is 0 (ε = 0)")
    else:
        c.ledger.note(c.ledger.shown, f"normalisation: variance + ε ≥ {eps:g} > 0")
    return eps


def _normalised(c: Call) -> Result:
    """By the mean and variance of the input itself: |entries| ≤ √n."""
    _epsilon(c)
    most = math.sqrt(math.prod(c.sizes["input"]))
    x = replace(c.value().made(-most, most), tame=c.value().tame)
    made = algebraic("normalisation", _scaled_shifted(c, x), c.ledger)
    return [made, constant(-math.inf, math.inf), constant(-math.inf, math.inf), made, made]


def _batch_norm(c: Call) -> Result:
    training = c.given("training", c.given("train", False)) or c.given("use_input_stats", False)
    mean, var = c.maybe("running_mean"), c.maybe("running_var")
    if training or mean is None or var is None:
        return _normalised(c)
    eps = _epsilon(c)
    away = plus(c.value(), negated(mean))
    scale = power(plus(var, constant(eps)), -0.5, c.ledger)
    made = algebraic("normalisation", _scaled_shifted(c, product(away, scale)), c.ledger)
    return [made, mean, var, mean, var]


def _softmax(c: Call) -> Result:
    x = c.value()
    made = apply(c.name.strip("_"), x, c.ledger)
    return replace(made, masked=x.masked) if "log" in c.name else made


def _logsumexp(c: Call) -> Result:
    x = c.value()
    made = apply("logsumexp", x, c.ledger)
    return replace(made, low=-math.inf if x.masked else x.low)


def _attention(c: Call) -> Result:
    if float(c.given("dropout_p", 0.0)) > 0:
        raise Refused("random: attention with dropout", "call .eval() first")
    q, k, v = c.value("query"), c.value("key"), c.value("value")
    scores = contracted(c, [q, k], c.sizes["query"][-1])
    bias = c.maybe("attn_mask")
    if bias is not None and not _truth(c):
        scores = plus(scores, bias)
    weights = apply("softmax", scores, c.ledger)
    made = product(weights, v)
    return algebraic("attention", replace(made, low=min(v.low, 0), high=max(v.high, 0)), c.ledger)


def _truth(c: Call) -> bool:
    mask = c.value("attn_mask")
    return not mask.varies and not mask.masked and mask.low >= 0 and mask.high <= 1


def _recurrent(c: Call) -> Result:
    """LSTM, GRU and RNN, cells and layers: gates in (0, 1), states of tanh in [−1, 1]."""
    between = c.given("train", False) and int(c.given("num_layers", 1)) > 1
    if between and float(c.given("dropout", 0.0) or 0.0) > 0:
        raise Refused("random: dropout between layers", "call .eval() first")
    weights = c.values()[1:]
    steps = math.prod(c.sizes["input"])
    state = together([c.value(), *_states(c), constant(-1.0, 1.0)])
    terms = steps + math.prod(c.size) + 2
    gate = summed(product(state, together([*weights, _ZERO])), terms)
    if "relu" in c.name:
        made = larger(replace(gate, low=-math.inf, high=math.inf), _ZERO)
        return [algebraic(c.name, replace(made, degree=None, shape=Shape.OTHER), c.ledger)] * 3
    squashed = apply("tanh", gate, c.ledger)
    if "rnn_tanh" in c.name:
        return [squashed] * 3
    opened = apply("sigmoid", gate, c.ledger)
    hidden = together([squashed, *_states(c)])
    if "gru" in c.name:
        return [replace(joined_range(hidden, opened), degree=None)] * 3
    cell = plus(together([_ZERO, *_states(c)]), summed(product(opened, squashed), steps))
    out = product(opened, apply("tanh", cell, c.ledger))
    return [out, out if not c.name.endswith("cell") else cell, cell]


def joined_range(a: Value, b: Value) -> Value:
    """The first value, in the structure of both."""
    return replace(a, structure=a.structure | b.structure, varies=a.varies or b.varies)


def _states(c: Call) -> list[Value]:
    given = c.given("hx", [])
    return [v for v in (given if isinstance(given, list | tuple) else [given]) if v is not None]


def _reduced(c: Call, each: Value, name: str) -> Value:
    """None, mean or sum of what each entry gives."""
    reduction = c.given("reduction", 1)
    made = summed(each, math.prod(c.sizes["input"])) if reduction == 2 else each
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
    target, weight = c.value("target"), c.maybe("weight")
    each = product(negated(logs), constant(0.0, 1.0))
    if "target" in c.floating:
        each = summed(product(negated(logs), target), max(c.sizes["input"], default=1))
    made = each if weight is None else together([each, product(each, weight)])
    return _reduced(c, together([made, _ZERO]), name)


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
    made = product(y, negated(x))
    if y.varies:
        made = plus(made, product(y, apply("log", y, c.ledger)))
    return _reduced(c, made, "KL divergence")


def _margin(c: Call) -> Result:
    """Maxima of affine functions of the input, where targets are fixed."""
    x = c.value()
    if c.value("target").varies:
        x = replace(x.made(), shape=Shape.OTHER)
    rising = c.name in ("multi_margin_loss", "multilabel_margin_loss")
    low = 0.0 if rising else -math.inf
    plain = rising and x.shape <= Shape.AFFINE and float(c.given("p", 1)) == 1
    made = x.made(low, shape=Shape.POLYHEDRAL if plain else Shape.OTHER)
    return algebraic("hinge", made, c.ledger)


def _soft_margin(c: Call) -> Result:
    return _reduced(c, apply("softplus", product(c.value(), c.value("target")), c.ledger), c.name)


def _ctc(c: Call) -> Result:
    made = negated(apply("logsumexp", c.value("log_probs"), c.ledger))
    return [algebraic("CTC", made, c.ledger)] * 2


LAYERS: dict[str, Handler] = {
    "linear": _linear,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution", "_convolution"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _convolution),
    "bilinear": _bilinear,
    **dict.fromkeys(("dropout", "alpha_dropout", "feature_dropout"), _dropout),
    **dict.fromkeys(("feature_alpha_dropout", "native_dropout"), _dropout),
    **dict.fromkeys(("layer_norm", "native_layer_norm", "rms_norm", "group_norm"), _normalised),
    **dict.fromkeys(("native_group_norm", "_fused_rms_norm"), _normalised),
    **dict.fromkeys(("batch_norm", "instance_norm", "_native_batch_norm_legit"), _batch_norm),
    **dict.fromkeys(("_native_batch_norm_legit_functional", "native_batch_norm"), _batch_norm),
    "_native_batch_norm_legit_no_training": _batch_norm,
    **dict.fromkeys(("softmax", "_softmax", "log_softmax", "_log_softmax"), _softmax),
    **dict.fromkeys(("logsumexp", "logcumsumexp"), _logsumexp),
    "scaled_dot_product_attention": _attention,
    **dict.fromkeys(("lstm", "lstm_cell", "gru", "gru_cell", "rnn_tanh", "rnn_relu"), _recurrent),
    **dict.fromkeys(("rnn_tanh_cell", "rnn_relu_cell"), _recurrent),
    "mse_loss": _mse,
    "l1_loss": _l1,
    **dict.fromkeys(("huber_loss", "smooth_l1_loss"), _huber),
    "cross_entropy_loss": _cross_entropy,
    **dict.fromkeys(("nll_loss", "nll_loss_nd", "nll_loss2d", "nll_loss_forward"), _nll),
    "binary_cross_entropy_with_logits": _bce_logits,
    "binary_cross_entropy": _bce,
    "kl_div": _kl_div,
    **dict.fromkeys(("multi_margin_loss", "multilabel_margin_loss"), _margin),
    "hinge_embedding_loss": _margin,
    "soft_margin_loss": _soft_margin,
    "ctc_loss": _ctc,
}
OPERATIONS: dict[str, Handler] = {**ELEMENTWISE, **REDUCTIONS, **MATRICES, **LAYERS}
"""All operations with a rule, by the name of the ATen operation."""
