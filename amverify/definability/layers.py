r"""Layers: convolution, normalisation, dropout, attention, recurrence."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from amverify.definability.call import Call, Handler, Result
from amverify.definability.contractions import contracted
from amverify.definability.elementwise import ELEMENTWISE
from amverify.definability.functions import algebraic, apply
from amverify.definability.ledger import Refused
from amverify.definability.losses import LOSSES
from amverify.definability.matrices import MATRICES
from amverify.definability.powers import power
from amverify.definability.reductions import REDUCTIONS
from amverify.definability.values import (
    Shape,
    Value,
    constant,
    larger,
    negated,
    plus,
    product,
    summed,
    together,
)

_ZERO, _ONE = constant(0.0), constant(1.0)


def _linear(c: Call) -> Result:
    terms = c.sizes["weight"][-1]
    made = contracted([c.value(), c.value("weight")], terms)
    return algebraic("linear", _with_bias(c, made), c.ledger)


def _with_bias(c: Call, made: Value) -> Value:
    bias = c.maybe("bias")
    return made if bias is None else plus(made, bias)


def _convolution(c: Call) -> Result:
    terms = math.prod(c.sizes["weight"])
    made = contracted([together([c.value(), _ZERO]), c.value("weight")], terms)
    return algebraic("convolution", _with_bias(c, together([made, _ZERO])), c.ledger)


def _bilinear(c: Call) -> Result:
    factors = [c.value("input1"), c.value("weight"), c.value("input2")]
    made = contracted(factors, math.prod(c.sizes["weight"][1:]))
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
    eps = torch.finfo(getattr(torch, c.dtype.rpartition(".")[2])).eps if eps is None else float(eps)
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
    statistics = c.hull().made()
    return [made, *[statistics] * 4]


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
    scores = contracted([q, k], c.sizes["query"][-1])
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
    if _projected(c):
        out = summed(product(out, together(weights)), terms)
    return [out, out if not c.name.endswith("cell") else cell, cell]


def _projected(c: Call) -> bool:
    """Whether an LSTM multiplies its states by a last matrix (``proj_size``)."""
    matrices = 4 if c.given("has_biases", True) else 2
    layers = int(c.given("num_layers", 1)) * (2 if c.given("bidirectional", False) else 1)
    return c.name == "lstm" and len(_listed(c.given("params"))) > matrices * layers


def _listed(given: object) -> list[object]:
    return list(given) if isinstance(given, list | tuple) else []


def joined_range(a: Value, b: Value) -> Value:
    """The first value, in the structure of both."""
    return replace(a, structure=a.structure | b.structure, varies=a.varies or b.varies)


def _states(c: Call) -> list[Value]:
    given = c.given("hx", [])
    return [v for v in (given if isinstance(given, list | tuple) else [given]) if v is not None]


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
}
OPERATIONS: dict[str, Handler] = {
    **ELEMENTWISE,
    **REDUCTIONS,
    **MATRICES,
    **LAYERS,
    **LOSSES,
}
"""All operations with a rule, by the name of the ATen operation."""
