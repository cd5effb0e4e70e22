r"""Activations, with what the coupling of a layer to the next needs of them.

A *monotone* activation h increases on an interval and is flat, or at its limit, beyond it.
All that the band h(z) − ε ≤ a ≤ h(z) + ε asks of it are the two generalised inverses

    sup{z : h(z) ≤ c} = +∞ if c ≥ sup h,  −∞ if c < inf h,  h⁻¹(c) else
    inf{z : h(z) ≥ c} = −∞ if c ≤ inf h,  +∞ if c > sup h,  h⁻¹(c) else

so an activation is given by h, h', h⁻¹ and the ends of its range. A *piecewise-linear* one
also lists its pieces, from which the penalty's minimiser follows in closed form: on each
piece h(z) = kz + m the function (ρ/2)(z − c)² + (ν/2)(a − h(z))² is a parabola.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor, nn
from torch.nn import functional as tf

from amverify.errors import InvalidInput, brief

_SELU_SCALE = 1.0507009873554804934193349852946
_SELU_ALPHA = 1.6732632423543772848170429916717


@dataclass(frozen=True)
class Piece:
    """h(z) = slope·z + intercept for lower ≤ z ≤ upper."""

    lower: float
    upper: float
    slope: float
    intercept: float


@dataclass(frozen=True)
class Activation:
    """An activation h : ℝ → ℝ, applied elementwise.

    ``lowest`` and ``highest`` are inf h and sup h; ``lipschitz`` is the least Lipschitz
    constant; ``inverse`` maps the open range to where h increases (``None`` for an
    activation that is not monotone); ``pieces`` is empty unless h is piecewise linear;
    ``kinks`` are the points where h is not differentiable (there ``derivative`` gives the
    slope on the left); ``module`` makes torch's own layer of it, for an exported network.
    """

    name: str
    function: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    lipschitz: float
    lowest: float
    highest: float
    inverse: Callable[[Tensor], Tensor] | None = None
    pieces: tuple[Piece, ...] = ()
    kinks: tuple[float, ...] = ()
    module: Callable[[], nn.Module] | None = None

    def __call__(self, z: Tensor) -> Tensor:
        """h(z), elementwise."""
        return self.function(z)

    @cached_property
    def exact(self) -> bool:
        """Whether h is computed without rounding: made of pieces z + 0 and constants."""
        return self.piecewise_linear and all(
            q.slope == 0 or (q.slope == 1 and q.intercept == 0) for q in self.pieces
        )

    @cached_property
    def largest_intercept(self) -> float:
        """The largest |intercept| of the pieces."""
        return max((abs(q.intercept) for q in self.pieces), default=0.0)

    @cached_property
    def flattest(self) -> float:
        """The smallest positive slope of the pieces; 0 unless h is piecewise linear."""
        return min((q.slope for q in self.pieces if q.slope > 0), default=0.0)

    @cached_property
    def at_zero(self) -> float:
        """|h(0)|."""
        return abs(float(self.function(torch.zeros(1, dtype=torch.float64))))

    @property
    def piecewise_linear(self) -> bool:
        """Whether the penalty's minimiser is known in closed form."""
        return bool(self.pieces)

    def highest_preimage(self, level: Tensor, *, attained: bool = False) -> Tensor:
        """sup{z : h(z) ≤ level}, elementwise; −∞ where there is no such z.

        ``attained`` promises level ≥ inf h, and saves looking.
        """
        z = self._inverse(level)
        if math.isfinite(self.highest):
            z = torch.where(level >= self.highest, math.inf, z)
        if math.isfinite(self.lowest) and not attained:
            z = torch.where(level < self.lowest, -math.inf, z)
        return z

    def lowest_preimage(self, level: Tensor) -> Tensor:
        """inf{z : h(z) ≥ level}, elementwise; +∞ where there is no such z."""
        z = self._inverse(level)
        if z is level and math.isfinite(self.lowest):  # h⁻¹ is the identity: one fast operation
            z = tf.threshold(level, self.lowest, -math.inf)
        elif math.isfinite(self.lowest):
            z = torch.where(level <= self.lowest, -math.inf, z)
        if math.isfinite(self.highest):
            z = torch.where(level > self.highest, math.inf, z)
        return z

    def penalty_minimiser(
        self, centre: Tensor, a: Tensor, rho: float | Tensor, nu: float
    ) -> Tensor:
        """Minimiser over z of (ρ/2)(z − centre)² + (ν/2)(a − h(z))², elementwise.

        The minimiser of each piece is clipped to the piece; the best of them is taken, and
        of equally good ones that which is nearest to ``centre``.

        Raises:
            InvalidInput: if h is not piecewise linear.
        """
        if not self.pieces:
            raise InvalidInput(
                f"activation {self.name}: the penalty's minimiser is known for "
                "piecewise-linear activations only; use Band, or one of "
                + ", ".join(n for n, h in ACTIVATIONS.items() if h.piecewise_linear)
            )
        best = best_value = best_distance = None
        for piece in self.pieces:
            k, m = piece.slope, piece.intercept
            z = (rho * centre + (nu * k) * (a - m)) / (rho + nu * k * k)
            z = z.clamp(piece.lower, piece.upper)
            value = rho * (z - centre) ** 2 + nu * (a - (k * z + m)) ** 2
            distance = (z - centre).abs()
            if best is None or best_value is None or best_distance is None:
                best, best_value, best_distance = z, value, distance
                continue
            better = (value < best_value) | ((value == best_value) & (distance < best_distance))
            best = torch.where(better, z, best)
            best_value = torch.where(better, value, best_value)
            best_distance = torch.where(better, distance, best_distance)
        assert best is not None
        return best

    def _inverse(self, level: Tensor) -> Tensor:
        if self.inverse is None:
            raise InvalidInput(
                f"activation {self.name} is not monotone, so the band h(z) − ε ≤ a ≤ h(z) + ε "
                "has no interval of z: use a monotone activation"
            )
        return self.inverse(level)


def _step(z: Tensor, low: float, at: float = 0.0, high: float = 1.0) -> Tensor:
    """``low`` for z ≤ at, ``high`` for z > at, in the dtype of z."""
    return torch.full_like(z, low).masked_fill_(z > at, high)


def _identity() -> Activation:
    return Activation(
        "identity",
        lambda z: z,
        torch.ones_like,
        1.0,
        -math.inf,
        math.inf,
        lambda c: c,
        (Piece(-math.inf, math.inf, 1.0, 0.0),),
        module=nn.Identity,
    )


def _relu() -> Activation:
    return Activation(
        "relu",
        torch.relu,
        lambda z: _step(z, 0.0),
        1.0,
        0.0,
        math.inf,
        lambda c: c,
        (Piece(-math.inf, 0.0, 0.0, 0.0), Piece(0.0, math.inf, 1.0, 0.0)),
        (0.0,),
        nn.ReLU,
    )


def _relu6() -> Activation:
    return Activation(
        "relu6",
        tf.relu6,
        lambda z: _step(z, 0.0) * _step(z, 1.0, 6.0, 0.0),
        1.0,
        0.0,
        6.0,
        lambda c: c,
        (
            Piece(-math.inf, 0.0, 0.0, 0.0),
            Piece(0.0, 6.0, 1.0, 0.0),
            Piece(6.0, math.inf, 0.0, 6.0),
        ),
        (0.0, 6.0),
        nn.ReLU6,
    )


def _hard_tanh() -> Activation:
    return Activation(
        "hard_tanh",
        tf.hardtanh,
        lambda z: _step(z, 0.0, -1.0) * _step(z, 1.0, 1.0, 0.0),
        1.0,
        -1.0,
        1.0,
        lambda c: c,
        (
            Piece(-math.inf, -1.0, 0.0, -1.0),
            Piece(-1.0, 1.0, 1.0, 0.0),
            Piece(1.0, math.inf, 0.0, 1.0),
        ),
        (-1.0, 1.0),
        nn.Hardtanh,
    )


def leaky_relu(alpha: float = 0.01) -> Activation:
    """LeakyReLU with slope ``alpha`` > 0 below zero.

    Raises:
        InvalidInput: if ``alpha`` is not positive and finite.
    """
    _require_positive("leaky_relu", alpha)
    return Activation(
        "leaky_relu",
        lambda z: tf.leaky_relu(z, alpha),
        lambda z: _step(z, alpha),
        max(1.0, alpha),
        -math.inf,
        math.inf,
        lambda c: torch.where(c < 0, c / alpha, c),
        (Piece(-math.inf, 0.0, alpha, 0.0), Piece(0.0, math.inf, 1.0, 0.0)),
        (0.0,) if alpha != 1 else (),
        partial(nn.LeakyReLU, alpha),
    )


def _exponential(
    name: str, scale: float, alpha: float, width: float, module: Callable[[], nn.Module]
) -> Activation:
    """h(z) = scale·z for z > 0, scale·α(e^{z/width} − 1) else: ELU, SELU and CELU."""
    low = scale * alpha

    def function(z: Tensor) -> Tensor:
        return torch.where(z > 0, scale * z, low * torch.expm1(z.clamp(max=0) / width))

    def derivative(z: Tensor) -> Tensor:
        return torch.where(z > 0, scale, (low / width) * torch.exp(z.clamp(max=0) / width))

    def inverse(c: Tensor) -> Tensor:
        return torch.where(
            c > 0, c / scale, width * torch.log1p((c.clamp(max=0) / low).clamp(min=-1))
        )

    kinks = () if low == scale * width else (0.0,)
    lipschitz = max(scale, low / width)
    return Activation(
        name, function, derivative, lipschitz, -low, math.inf, inverse, (), kinks, module
    )


def elu(alpha: float = 1.0) -> Activation:
    """ELU: z for z > 0, α(eᶻ − 1) else.

    Raises:
        InvalidInput: if ``alpha`` is not positive and finite.
    """
    _require_positive("elu", alpha)
    return _exponential("elu", 1.0, alpha, 1.0, partial(nn.ELU, alpha))


def celu(alpha: float = 1.0) -> Activation:
    """CELU: z for z > 0, α(e^{z/α} − 1) else.

    Raises:
        InvalidInput: if ``alpha`` is not positive and finite.
    """
    _require_positive("celu", alpha)
    return _exponential("celu", 1.0, alpha, alpha, partial(nn.CELU, alpha))


def _softplus() -> Activation:
    return Activation(
        "softplus",
        lambda z: torch.logaddexp(z, torch.zeros_like(z)),
        torch.sigmoid,
        1.0,
        0.0,
        math.inf,
        lambda c: c + torch.log(-torch.expm1(-c.clamp(min=0))),
        # Beyond its threshold torch takes z itself: at 20 that is 2e-9 off, at 40 a rounding.
        module=partial(nn.Softplus, threshold=40),
    )


def _tanh() -> Activation:
    return Activation(
        "tanh",
        torch.tanh,
        lambda z: 1 - torch.tanh(z) ** 2,
        1.0,
        -1.0,
        1.0,
        lambda c: torch.atanh(c.clamp(-1, 1)),
        module=nn.Tanh,
    )


def _sigmoid() -> Activation:
    return Activation(
        "sigmoid",
        torch.sigmoid,
        lambda z: torch.sigmoid(z) * torch.sigmoid(-z),
        0.25,
        0.0,
        1.0,
        lambda c: torch.logit(c.clamp(0, 1)),
        module=nn.Sigmoid,
    )


def _gelu() -> Activation:
    # GELU'(z) = Φ(z) + zφ(z) is largest at z = √2, where φ'' changes its sign: Φ(√2) + √2 φ(√2).
    root = math.sqrt(2.0)
    steepest = 0.5 * (1 + math.erf(1.0)) + root * math.exp(-1.0) / math.sqrt(2 * math.pi)

    def derivative(z: Tensor) -> Tensor:
        density = torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        return 0.5 * (1 + torch.erf(z / root)) + z * density

    low = -0.16997120747990366
    return Activation("gelu", tf.gelu, derivative, steepest, low, math.inf, module=nn.GELU)


def _silu() -> Activation:
    def derivative(z: Tensor) -> Tensor:
        sigma = torch.sigmoid(z)
        return sigma * (1 + z * (1 - sigma))

    steepest, low = 1.099839320128867, -0.2784645427610738
    return Activation("silu", tf.silu, derivative, steepest, low, math.inf, module=nn.SiLU)


def _require_positive(name: str, alpha: float) -> None:
    if not (math.isfinite(alpha) and alpha > 0):
        raise InvalidInput(f"activation {name}: alpha must be positive and finite, got {alpha}")


ACTIVATIONS: dict[str, Activation] = {
    h.name: h
    for h in (
        _identity(),
        _relu(),
        leaky_relu(),
        elu(),
        _exponential("selu", _SELU_SCALE, _SELU_ALPHA, 1.0, nn.SELU),
        celu(),
        _softplus(),
        _tanh(),
        _sigmoid(),
        _hard_tanh(),
        _relu6(),
        _gelu(),
        _silu(),
    )
}


def activation(name: str) -> Activation:
    """The activation called ``name``, with its default parameter.

    Raises:
        InvalidInput: if there is none of that name.
    """
    try:
        return ACTIVATIONS[name]
    except (KeyError, TypeError):
        raise InvalidInput(
            f"unknown activation {brief(name)}: choose one of {', '.join(ACTIVATIONS)}"
        ) from None
