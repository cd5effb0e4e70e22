"""K1 for torch: modules and functions with known status, and where the chain breaks."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as tf

import amverify as amv

DEEP = (torch.ones(3, 2), torch.ones(2, 2))
X, W = torch.ones(4, 3), torch.ones(3)
LABELS = torch.zeros(4, dtype=torch.long)
NET = nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))
SMOOTH = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2))
LINEAR = nn.Linear(3, 2)
ALGEBRAIC, ANALYTIC = "semialgebraic", "globally subanalytic (ℝ_an)"
EXP, PFAFF, CLOSURE = "ℝ_exp", "ℝ_Pfaff", "𝒫(ℝ_an), Pfaffian closure"


class Residual(nn.Module):
    def __init__(self, training=False):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3)
        self.train(training)

    def forward(self, x):
        return tf.relu(x + self.norm(self.conv(x)))


class Siren(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(2, 8), nn.Linear(8, 1)

    def forward(self, x):
        inner = 30 * self.first(x)
        return self.last(torch.sin(inner)).sum()


class Causal(nn.Module):
    """Attention with a mask of −∞."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(4, 12)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        mask = torch.triu(torch.ones(3, 3), 1).bool()
        scores = (q @ k.transpose(-1, -2) / 2.0).masked_fill(mask, -math.inf)
        return torch.softmax(scores, -1) @ v


class Counter(nn.Module):
    """Another function at each call."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return (x * self.calls).sum()


class Sign(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.sign()

    @staticmethod
    def backward(ctx, g):
        return g


class Sparse(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


def lstm_loss(x):
    return tf.mse_loss(CELL(x)[0], torch.zeros(2, 4))


CELL = nn.LSTMCell(3, 4)
VIT = nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", batch_first=True)
CERTIFIED = {
    "relu net, squared error": (lambda x: (NET(x) ** 2).sum(), X, ALGEBRAIC, "some"),
    "tanh net, cross-entropy": (lambda x: tf.cross_entropy(SMOOTH(x), LABELS), X, EXP, "phi"),
    "residual block in eval": (Residual(), torch.ones(1, 3, 6, 6), ALGEBRAIC, "some"),
    "batch statistics": (Residual(True), torch.ones(2, 3, 6, 6), ALGEBRAIC, "some"),
    "transformer layer in eval": (VIT.eval(), torch.ones(2, 3, 8), PFAFF, "phi"),
    "causal attention": (Causal(), torch.ones(2, 3, 4), EXP, "phi"),
    "lstm cell": (lstm_loss, torch.ones(2, 3), EXP, "phi"),
    "lstm": (nn.LSTM(3, 4), torch.ones(5, 2, 3), EXP, "phi"),
    "gru": (nn.GRU(3, 4), torch.ones(5, 2, 3), EXP, "phi"),
    "rnn with relu": (nn.RNN(3, 4, nonlinearity="relu"), torch.ones(5, 2, 3), ALGEBRAIC, "some"),
    "multi-head attention": (lambda x: MHA(x, x, x)[0].sum(), torch.ones(2, 3, 8), EXP, "phi"),
    "lasso": (lambda w: ((X @ w) ** 2).sum() + w.abs().sum(), torch.ones(3), ALGEBRAIC, "known"),
    "l0": (lambda w: ((w - 1) ** 2).sum() + (w != 0).float().sum(), X, ALGEBRAIC, "some"),
    "norm 0": (lambda w: torch.linalg.vector_norm(w, 0), X, ALGEBRAIC, "some"),
    "norm 3": (lambda w: torch.linalg.vector_norm(w, 3), X, ALGEBRAIC, "some"),
    "norm inf": (lambda w: torch.linalg.vector_norm(w, math.inf), X, ALGEBRAIC, "known"),
    "deep linear": (lambda a, b: (X @ a @ b).square().sum(), DEEP, ALGEBRAIC, "known"),
    "hinge": (lambda w: torch.relu(1 - X @ w).sum(), torch.ones(3), ALGEBRAIC, "known"),
    "squared hinge": (lambda w: (torch.relu(1 - X @ w) ** 2).sum(), W, ALGEBRAIC, "known"),
    "huber": (lambda w: tf.huber_loss(X @ w, torch.ones(4)), torch.ones(3), ALGEBRAIC, "known"),
    "smooth l1": (lambda w: tf.smooth_l1_loss(X @ w, X[:, 0]), W, ALGEBRAIC, "known"),
    "logistic": (lambda x: tf.binary_cross_entropy_with_logits(x, X), X, EXP, "phi"),
    "bce of sigmoid": (lambda x: tf.binary_cross_entropy(torch.sigmoid(x), X), X, EXP, "phi"),
    "log of softmax": (lambda x: -torch.log(torch.softmax(x, -1))[:, 0].sum(), X, EXP, "phi"),
    "kl divergence": (lambda x: tf.kl_div(tf.log_softmax(x, -1), X / 3), X, EXP, "phi"),
    "poisson": (nn.PoissonNLLLoss(), (X, X), EXP, "phi"),
    "soft margin": (nn.SoftMarginLoss(), (X, X), EXP, "phi"),
    "triplet": (nn.TripletMarginLoss(), (X, X, X), ALGEBRAIC, "some"),
    "cosine": (nn.CosineSimilarity(), (X, X), ALGEBRAIC, "some"),
    "layer norm": (nn.LayerNorm(3), X, ALGEBRAIC, "some"),
    "group norm": (nn.GroupNorm(1, 3), torch.ones(2, 3, 4, 4), ALGEBRAIC, "some"),
    "dropout in eval": (nn.Dropout().eval(), X, ALGEBRAIC, None),
    "max pooling": (nn.MaxPool2d(2), torch.ones(1, 1, 4, 4), ALGEBRAIC, "some"),
    "mean pooling": (nn.AvgPool2d(2), torch.ones(1, 1, 4, 4), ALGEBRAIC, "some"),
    "embedding": (nn.Embedding(5, 3), torch.zeros(2, dtype=torch.long), ALGEBRAIC, None),
    "gelu": (lambda x: tf.gelu(x).sum(), X, PFAFF, "phi"),
    "gelu by tanh": (lambda x: tf.gelu(x, approximate="tanh").sum(), X, EXP, "phi"),
    "silu": (lambda x: tf.silu(x).sum(), X, EXP, "phi"),
    "mish": (lambda x: tf.mish(x).sum(), X, EXP, "phi"),
    "elu": (lambda x: tf.elu(x).sum(), X, EXP, "phi"),
    "softplus": (lambda x: tf.softplus(x).sum(), X, EXP, "phi"),
    "softsign": (lambda x: tf.softsign(x).sum(), X, ALGEBRAIC, "some"),
    "hardswish": (lambda x: tf.hardswish(x).sum(), X, ALGEBRAIC, "some"),
    "arctan": (lambda x: torch.atan(x).sum(), X, ANALYTIC, "some"),
    "arctan and exp": (lambda x: (torch.atan(x) + torch.exp(x)).sum(), X, "ℝ_an,exp", "phi"),
    "erf and arctan": (lambda x: (torch.erf(x) + torch.atan(x)).sum(), X, CLOSURE, "phi"),
    "|x|^pi": (lambda x: (x.abs() ** math.pi).sum(), X, EXP, "phi"),
    "log(1 + x^2)": (lambda x: torch.log1p(x**2).sum(), X, EXP, "phi"),
    "sorted": (lambda x: torch.sort(x)[0][0].sum(), X, ALGEBRAIC, "some"),
    "nuclear norm": (lambda x: torch.linalg.svdvals(x).sum(), X, ALGEBRAIC, "some"),
    "sign": (lambda x: torch.sign(x).sum(), X, ALGEBRAIC, "unshown"),
    "2^x": (lambda x: (2.0**x).sum(), X, EXP, "phi"),
}  # fmt: skip
MHA = nn.MultiheadAttention(8, 2, batch_first=True)
BROKEN = {
    "siren": (Siren(), torch.ones(4, 2), "sin"),
    "cos": (lambda x: torch.cos(x).sum(), X, "cos"),
    "sinc": (lambda x: torch.sinc(x).sum(), X, "sinc"),
    "tan": (lambda x: torch.tan(x).sum(), X, "tan"),
    "x^pi": (lambda x: (x**math.pi).sum(), X, "pow"),
    "x^0.5": (lambda x: (x**0.5).sum(), X, "pow"),
    "log x": (lambda x: torch.log(x).sum(), X, "log"),
    "opaque function": (lambda x: Sign.apply(x).sum(), X, "Sign"),
    "branch": (Sparse(), X, "control flow"),
    "item": (lambda x: x * x.sum().item(), X, ""),
    "dropout in train": (nn.Dropout(), X, "dropout"),
    "rand": (lambda x: (x + torch.rand(3)).sum(), X, "rand"),
    "randn_like": (lambda x: (x + torch.randn_like(x)).sum(), X, "randn_like"),
    "bernoulli": (lambda x: torch.bernoulli(torch.sigmoid(x)).sum(), X, "bernoulli"),
    "rrelu in train": (nn.RReLU(), X, "rrelu"),
    "python's random": (lambda x: x.sum() * random.random(), X, "random numbers"),
    "numpy's random": (lambda x: x.sum() * float(np.random.rand()), X, "random numbers"),  # noqa: NPY002
    "a counter": (Counter(), X, "calls"),
    "round": (lambda x: torch.round(x).sum(), X, "round"),
    "remainder": (lambda x: torch.remainder(x, 1.0).sum(), X, "remainder"),
    "to integers": (lambda x: x.long().sum(), X, "to"),
    "lgamma": (lambda x: torch.lgamma(x.abs() + 1).sum(), X, "lgamma"),
    "fft": (lambda x: torch.fft.fft(x).abs().sum(), X, "fft"),
    "numpy": (lambda x: torch.from_numpy(np.sin(x.detach().numpy())).sum(), X, ""),
    "transformer layer in train": (
        nn.TransformerEncoderLayer(8, 2, 16), torch.ones(2, 3, 8), "attention"
    ),
}  # fmt: skip


def inputs(given):
    return given if isinstance(given, tuple) else (given,)


@pytest.mark.parametrize("name", CERTIFIED)
def test_certified(name):
    loss, given, structure, kind = CERTIFIED[name]
    certificate = amv.definable(loss, inputs(given), name=name)
    assert certificate.certified, certificate
    assert certificate.structure == structure
    if kind:
        scalar = not any("each of its outputs" in note for note in certificate.notes)
        assert certificate.exponent.kind == kind, certificate.exponent
        assert scalar or kind != "known"


@pytest.mark.parametrize("name", BROKEN)
def test_it_breaks_where_it_should(name):
    loss, given, operation = BROKEN[name]
    certificate = amv.definable(loss, inputs(given), name=name)
    assert not certificate.certified, certificate
    assert certificate.exit_status == 3
    assert operation in certificate.broken_at.operation, certificate.broken_at


def test_the_place_is_told():
    broken = amv.definable(Siren(), (torch.ones(4, 2),)).broken_at
    assert broken.place.startswith("test_modules.py, line ")
    assert broken.place.endswith("return self.last(torch.sin(inner)).sum()")
    assert "--box" in broken.remedy


@pytest.mark.parametrize("loss", [Siren(), lambda x: torch.cos(x).sum() + torch.round(x).sum()])
def test_a_box_is_what_they_need(loss):
    made = torch.ones(4, 2)
    certificate = amv.definable(loss, (made,), box=(-2, 2))
    assert certificate.structure == ANALYTIC


def test_a_box_for_some_variables_is_not_enough():
    certificate = amv.definable(Siren(), (torch.ones(4, 2),), box={"x": (-1, 1)})
    assert "sin" in certificate.broken_at.operation
    boxes = {"x": (-1, 1), "first.*": (-2, 2)}
    assert amv.definable(Siren(), (torch.ones(4, 2),), box=boxes).structure == ANALYTIC


def test_what_is_fixed_has_its_own_numbers():
    """Positional encodings, and frozen weights, are numbers."""
    loss = lambda x, y: ((torch.sin(x) @ y) ** 2).sum()  # noqa: E731
    given = (X, torch.ones(3))
    assert not amv.definable(loss, given).certified
    assert amv.definable(loss, given, fixed=["x"]).exponent.value == "1/2"
    frozen = Siren().requires_grad_(False)
    assert amv.definable(frozen, (torch.ones(4, 2),), box=(-1, 1)).structure == ANALYTIC


def test_transcendental_functions_on_a_box_are_restricted():
    for name in ("tanh net, cross-entropy", "transformer layer in eval", "gelu", "2^x"):
        loss, given, _, _ = CERTIFIED[name]
        certificate = amv.definable(loss, inputs(given), box=(-1, 1))
        assert certificate.structure == ANALYTIC, certificate
        assert certificate.exponent.kind == "some"


def test_degrees_of_polynomials():
    loss, *_ = CERTIFIED["deep linear"]
    exponent = amv.definable(loss, (torch.ones(3, 2), torch.ones(2, 2))).exponent
    assert exponent.value == "1 − 1/(4·9^9)"
    assert "D'Acunto" in exponent.source


def test_no_exponent_is_claimed_by_a_wrong_form():
    """Products of different rows are no squares; a largest entry is no polynomial."""
    rows = lambda x: torch.inner(x, x).abs().sum()  # noqa: E731
    assert amv.definable(rows, (X,)).exponent.kind == "some"
    at = torch.zeros(4, 3, dtype=torch.long)
    most = lambda x: X.scatter_reduce(0, at, x * x * x, "amax").sum()  # noqa: E731
    assert amv.definable(most, (X,)).exponent.kind == "some"
    wide = lambda x: tf.interpolate(x.abs()[None, None], (9, 9), mode="bicubic").sum()  # noqa: E731
    assert amv.definable(wide, (X,)).exponent.kind == "some"


def test_normalisation_without_epsilon_is_told():
    certificate = amv.definable(nn.LayerNorm(3, eps=0.0), (X,))
    assert "ε = 0" in certificate.where[0]
    assert amv.definable(nn.LayerNorm(3), (X,)).where == ()


def test_shapes_are_tried_out():
    layers = (nn.Linear(7, 2), nn.Conv2d(3, 4, 3), nn.LSTMCell(3, 4), nn.LayerNorm(5))
    for module in layers:
        certificate = amv.definable(module)
        assert certificate.certified
        assert any("were tried out" in note for note in certificate.notes)
    with pytest.raises(amv.InvalidInput, match="pass --input NAME=2,3"):
        amv.definable(lambda x: x.reshape(17, 23).sum())


def test_torch_is_left_as_it_was():
    before = torch.autograd.Function.__dict__["apply"]
    state = random.getstate()
    amv.definable(lambda x: Sign.apply(x).sum(), (X,))
    assert torch.autograd.Function.__dict__["apply"] is before
    assert random.getstate() == state
    weights = {k: v.clone() for k, v in NET.state_dict().items()}
    amv.definable(NET, (X,))
    assert all(torch.equal(v, weights[k]) for k, v in NET.state_dict().items())


def test_a_certificate_shows_itself_and_comes_back():
    from amverify.definability.certificate import from_plain, to_plain

    for loss in (NET, Siren()):
        certificate = amv.definable(loss, (torch.ones(2, 3 if loss is NET else 2),))
        assert from_plain(to_plain(certificate)) == certificate
        assert "<table>" in certificate._repr_html_()
    with pytest.raises(amv.CorruptFile, match="not a certificate"):
        from_plain({"subject": "x"})


RANGES = [
    torch.exp, torch.tanh, torch.sigmoid, torch.atan, torch.erf, tf.gelu, tf.silu, tf.mish, tf.elu,
    tf.selu, tf.softplus, tf.hardswish, tf.relu6, tf.softsign, torch.square, torch.abs, torch.sin,
    torch.log1p, torch.expm1, torch.rsqrt, torch.sinc, torch.lgamma, torch.floor, torch.frac,
    lambda x: x**3, lambda x: 1 / (x - 3), lambda x: torch.softmax(x, -1), lambda x: x.var(-1),
    lambda x: torch.logsumexp(x, -1), lambda x: x @ x.T, lambda x: torch.cumsum(x, 0),
    lambda x: tf.layer_norm(x, (3,)), lambda x: tf.leaky_relu(x), lambda x: torch.amax(x, -1),
    lambda x: torch.prod(x, -1), lambda x: tf.huber_loss(x, X), lambda x: x.std(-1),
    lambda x: torch.remainder(x, 0.7), lambda x: torch.where(x > 1, x, -x), lambda x: x.norm(),
    lambda x: tf.cross_entropy(x, LABELS), lambda x: tf.avg_pool1d(x, 3, padding=1), torch.digamma,
    lambda x: torch.special.entr(x), lambda x: torch.logaddexp(x, -x), lambda x: torch.hypot(x, x),
]  # fmt: skip


@pytest.mark.parametrize("low", [-2.0, 0.25])
@pytest.mark.parametrize("index", range(len(RANGES)))
def test_ranges_hold_what_torch_computes(index, low):
    """The interval of the walk holds the values at random points of the box, up to rounding."""
    from amverify.definability.domain import declared
    from amverify.definability.graphs import Walk
    from amverify.definability.ledger import Refused
    from amverify.definability.tracing import traced

    function = RANGES[index]
    walk = Walk(traced(function, (X,)), declared((low, 2.0), ()), ("x",))
    try:
        (value,) = walk.outputs()
    except Refused:
        assert low < 0, "refused on a box of positive numbers"
        return
    generator = torch.Generator().manual_seed(index)
    for _ in range(20):
        at = function(low + (2 - low) * torch.rand(4, 3, generator=generator))
        slack = 1e-5 * (1 + at.abs().max())
        assert value.low - slack <= at.min()
        assert at.max() <= value.high + slack
