r"""The released mDLAM script on a 3-layer network, rebuilt from this package's pieces.

The script's quirks, one by one; everything else is the layered objective as it is:

* every tensor is drawn after the seed has been set to 0 again, so W and b share their numbers;
* there is no inertia: the previous iterate is overwritten before the extrapolation uses it, and
  the momentum scalar λ never advances: the point extrapolated from is u + ω(u − u) with ω = 0;
* W: the ridge is in the gradient, and (μ/2)‖W‖² stands twice in the objective; the trial
  modulus starts at 1 and doubles at most ten times, after which W stays where it is;
* b: b_2 never moves, b_3 moves twice a sweep;
* z_l: clipped from above always, from below only where a − ε is positive;
* z_3: FISTA with inner step 1/4, stopped when the objective changes by less than 10⁻⁴;
* cross-entropy of an unshifted softmax with 10⁻¹⁰ inside the logarithm;
* ε = 100, halved after each iteration down to 10⁻³.

ρ is the problem's (the script's own is 10⁻³). With ``every_bias`` each b moves once a sweep: one
quirk less, which tells what it did.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from amverify.methods.base import Evaluator, Method
from amverify.methods.rows.journal import NOTHING, Recorded, Rows
from amverify.methods.rows.record import BlockRecord
from amverify.methods.rows.written import Written
from amverify.network.blocks import activation_block, bias_block, weight_block
from amverify.network.coupling import Band
from amverify.network.initial import Parameters
from amverify.network.layered import LayeredProblem, Point, squared_norm
from amverify.network.weights import DenseLayer
from amverify.numbers.roundoff import gamma
from amverify.record.layered.measures import value_error, widened
from repro.data.dataset import Dataset

RHO, MU = 1e-3, 0.05
BAND = Band(100.0, factor=0.5, floor=1e-3)
HIDDEN = (100, 100)
_EDGE = 1e-9
_LAMBDA = 1.0
_OMEGA = (_LAMBDA - 1) / _LAMBDA
"""The script's momentum factor (λ − 1)/λ₊; λ is set to 1 and never advanced."""
_DOUBLINGS = 10
BIASES, EVERY_BIAS = (1, 0, 2), (1, 1, 1)
"""How often b_1, b_2, b_3 move in a sweep of the script, and of one without that quirk."""
_FISTA_STEPS, _FISTA_STEP, _FISTA_CHANGE = 500, 4.0, 1e-4


@dataclass(frozen=True)
class Iteration:
    """What the script prints after each iteration."""

    iteration: int
    objective: float
    gap: float
    train_accuracy: float
    test_accuracy: float


@dataclass(frozen=True)
class ReleasedState(Recorded):
    """The script's variables after an iteration, and what its last sweep did to each block."""

    point: Point
    first: DenseLayer
    iteration: int = 0
    rows: Rows = NOTHING

    @property
    def network(self) -> tuple[list[Tensor], list[Tensor]]:
        """Weights and biases."""
        return self.point.w, self.point.b


@dataclass(frozen=True)
class Released(Method[ReleasedState]):
    """The released script as a method; its start is its own, whatever weights it is given."""

    every_bias: bool = False
    record: bool = False
    name: str = "mdlam_released"

    @property
    def settings(self) -> dict[str, object]:
        """For the trace: the script announces Nesterov's inertia p1 = p2."""
        return {"inertia": [1.0, 1.0, 0.0], "steps": "backtracking", "safeguard": "none"}

    def initialise(self, problem: LayeredProblem, parameters: Parameters) -> ReleasedState:
        """The script's start (``parameters`` are not used)."""
        return ReleasedState(_start(problem), DenseLayer())

    def objective(self, problem: LayeredProblem, state: ReleasedState) -> Tensor:
        """F, the layered objective (the script's own counts the ridge twice)."""
        return problem.value(state.point)

    def sweep(self, problem: LayeredProblem, state: ReleasedState) -> ReleasedState:
        """One iteration: per layer W, b, z, a."""
        point, k = state.point.copy(), state.iteration + 1
        _iterate(problem, point, BAND.at(k), EVERY_BIAS if self.every_bias else BIASES)
        rows = _rows(problem, state.point, point) if self.record else NOTHING
        return ReleasedState(point, state.first, k, rows)


def _rows(problem: LayeredProblem, before: Point, after: Point) -> Rows:
    """One row a block, in the script's order: F is the layered objective, in float64.

    ``inertia`` is ‖·‖² of the displacement along which the script extrapolated, p1 = p2 = ω its
    factor.
    """
    wide, at = problem.double(), widened(before)
    found = []
    value = float(wide.value(at))
    error = value_error(wide, at, value)
    for layer in range(1, problem.layers + 1):
        for kind, old, new in (
            ("W", at.w, after.w), ("b", at.b, after.b), ("z", at.z, after.z), ("a", at.a, after.a)
        ):  # fmt: skip
            if kind == "a" and layer == problem.layers:
                continue
            u = old[layer - 1]
            previous = u  # assigned before it is used: the script's W_old = W
            displacement = u - previous
            old[layer - 1] = new[layer - 1].double()
            now = float(wide.value(at))
            now_error = value_error(wide, at, now)
            step = float(squared_norm(old[layer - 1] - u))
            found.append(
                BlockRecord(
                    kind=kind,
                    layer=layer,
                    update="other",
                    change=now - value,
                    change_error=(error + now_error) * (1 + gamma(4)),
                    execution=0.0,
                    step=step,
                    step_error=gamma(u.numel() + 4) * step,
                    cross=0.0,
                    cross_error=0.0,
                    inertia=float(squared_norm(displacement)),
                    inertia_error=0.0,
                    bend=0.0,
                    bend_error=0.0,
                    norm=float(squared_norm(old[layer - 1])),
                    modulus=0.0,
                    p1=_OMEGA,
                    p2=_OMEGA,
                )
            )
            value, error = now, now_error
    return Written(found)


def run(dataset: Dataset, iterations: int) -> Iterator[Iteration]:
    """The script's record on ``dataset``, float32, iteration by iteration."""
    x = torch.from_numpy(dataset.train.x).float()
    problem = LayeredProblem(
        x,
        torch.from_numpy(dataset.train.y),
        (x.shape[1], *HIDDEN, dataset.classes),
        rho=RHO,
        mu=MU,
        coupling=BAND,
        dtype=torch.float32,
        representation="dense",
    )
    method = Released()
    state = method.initialise(problem, ([], []))
    train, test = (
        Evaluator.of(problem, state, torch.from_numpy(s.x), torch.from_numpy(s.y))
        for s in (dataset.train, dataset.test)
    )
    for k in range(1, iterations + 1):
        state = method.sweep(problem, state)
        yield Iteration(
            k,
            float(_objective(problem, state.point)),
            float(problem.coupling_gap(state.point)),
            float(train.accuracy(state)),
            float(test.accuracy(state)),
        )


def _start(problem: LayeredProblem) -> Point:
    def draw(*size: int) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.normal(0.0, 0.1, size, generator=generator)

    pairs = list(zip(problem.widths[:-1], problem.widths[1:], strict=True))
    weights = [draw(n_out, n_in) for n_in, n_out in pairs]
    biases = [draw(n_out, 1).mT for _, n_out in pairs]
    point = Point(weights, biases, [], [])
    point.z = problem.forward(point)
    point.a = [problem.activation(z) for z in point.z[:-1]]
    point.z[-1] = 2 * problem.target - 1
    return point


def _iterate(
    problem: LayeredProblem, point: Point, eps: float, biases: tuple[int, ...] = BIASES
) -> None:
    """One iteration: per layer W, b, z, a."""
    for layer in range(1, problem.layers + 1):
        point.w[layer - 1] = _weight(problem, point, layer)
        for _ in range(biases[layer - 1]):
            pre = problem.affine(point, layer)
            point.b[layer - 1] = (
                point.b[layer - 1] - bias_block(problem, point, pre, layer).residual
            )
        pre = problem.affine(point, layer)
        if layer == problem.layers:
            point.z[-1] = _fista(problem, point.z[-1], pre)
            return
        point.z[layer - 1] = _clip_above_first(pre, point.a[layer - 1], eps)
        point.a[layer - 1] = _activation(problem, point, layer, eps)


def _weight(problem: LayeredProblem, point: Point, layer: int) -> Tensor:
    """W_l: doubled until φ(W') + (μ/2)‖W'‖² is below the model; each φ holds a ridge too."""
    w, b, z = point.w[layer - 1], point.b[layer - 1], point.z[layer - 1]
    inputs = problem.inputs(point, layer)

    def phi(weight: Tensor) -> Tensor:
        fit = (problem.rho / 2) * squared_norm(z - inputs @ weight.mT - b)
        return fit + (problem.mu / 2) * squared_norm(weight)

    g = weight_block(problem, point, problem.affine(point, layer), layer).gradient()
    modulus = 1.0
    for _ in range(_DOUBLINGS + 1):
        new = w - g / modulus
        model = phi(w) + (problem.mu / 2) * squared_norm(new)
        model = model + (g * (new - w)).sum() + (modulus / 2) * squared_norm(new - w)
        if not bool(phi(new) + (problem.mu / 2) * squared_norm(new) > model):
            return new
        modulus *= 2
    return w


def _activation(problem: LayeredProblem, point: Point, layer: int, eps: float) -> Tensor:
    """a_l: doubled likewise, clipped to a box that is 10⁻⁹ narrower than the band."""
    a, z = point.a[layer - 1], point.z[layer - 1]
    low, high = Band.box(problem.activation, z, eps)
    block = activation_block(problem, point, problem.affine(point, layer + 1), layer, eps)
    w, b = point.w[layer], point.b[layer]
    ridge = (problem.mu / 2) * squared_norm(w)

    def phi(u: Tensor) -> Tensor:
        return (problem.rho / 2) * squared_norm(point.z[layer] - u @ w.mT - b) + ridge

    g = block.gradient()
    modulus = 1.0
    for _ in range(_DOUBLINGS + 1):
        new = torch.maximum(torch.minimum(a - g / modulus, high - _EDGE), low + _EDGE)
        model = phi(a) + (g * (new - a)).sum() + (modulus / 2) * squared_norm(new - a)
        if not bool(phi(new) > model):
            return new
        modulus *= 2
    return a


def _clip_above_first(pre: Tensor, a: Tensor, eps: float) -> Tensor:
    z = torch.minimum(pre, a + eps - _EDGE)
    return torch.where(a - eps >= _EDGE, torch.maximum(z, a - eps + _EDGE), z)


def _softmax(z: Tensor) -> Tensor:
    exponential = torch.exp(z)
    capped = torch.where(torch.isinf(exponential), math.exp(88.6), exponential)
    return capped / (capped.sum(-1, keepdim=True) + 1e-10)


def _loss(problem: LayeredProblem, z: Tensor) -> Tensor:
    return -(problem.target * torch.log(_softmax(z) + 1e-10)).sum()


def _fista(problem: LayeredProblem, z: Tensor, pre: Tensor) -> Tensor:
    centre = z - (z - pre)
    zeta, value, root = z, 1e11, 1.0
    for _ in range(_FISTA_STEPS):
        before = value
        value = float(_loss(problem, z) + (problem.rho / 2) * squared_norm(z - centre))
        if abs(value - before) < _FISTA_CHANGE:
            break
        old_root, root = root, (1 + math.sqrt(1 + 4 * root * root)) / 2
        momentum = (1 - old_root) / root
        g = _softmax(z) - problem.target
        old_zeta = zeta
        inner_step = (z - _FISTA_STEP * g) / _FISTA_STEP
        zeta = (problem.rho * centre + inner_step) / (problem.rho + 1 / _FISTA_STEP)
        z = (1 - momentum) * zeta + momentum * old_zeta
    return z


def _objective(problem: LayeredProblem, point: Point) -> Tensor:
    """R and all φ, the ridge counted twice."""
    total = _loss(problem, point.z[-1])
    for layer in range(1, problem.layers + 1):
        fit = squared_norm(point.z[layer - 1] - problem.affine(point, layer))
        total = total + (problem.rho / 2) * fit + problem.mu * squared_norm(point.w[layer - 1])
    return total
