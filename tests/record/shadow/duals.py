"""torch's functions beside themselves in ball arithmetic of 300 bits, with slopes (forward mode).

A case takes arrays of duals, one a parameter, and gives one dual: no line is shared with torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

BITS = 300
ctx.prec = BITS


def lift(x):
    return x if isinstance(x, Dual) else Dual(arb(x), 0)


@dataclass(frozen=True)
class Dual:
    """A number and its derivatives, (n,) of arb or 0."""

    v: arb
    d: object

    def __add__(self, o):
        o = lift(o)
        return Dual(self.v + o.v, self.d + o.d)

    def __neg__(self):
        return Dual(-self.v, -self.d)

    def __sub__(self, o):
        return self + -lift(o)

    def __rsub__(self, o):
        return lift(o) - self

    def __mul__(self, o):
        o = lift(o)
        return Dual(self.v * o.v, self.d * o.v + o.d * self.v)

    def __truediv__(self, o):
        o = lift(o)
        return self * o.chain(1 / o.v, -1 / (o.v * o.v))

    def __rtruediv__(self, o):
        return lift(o) / self

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, p):
        p = arb(p)
        return self.chain(self.v**p, p * self.v ** (p - 1))

    def chain(self, value, slope):
        return Dual(value, self.d * slope)

    def exp(self):
        return self.chain(self.v.exp(), self.v.exp())

    def log(self):
        return self.chain(self.v.log(), 1 / self.v)

    def sqrt(self):
        return self.chain(self.v.sqrt(), 1 / (2 * self.v.sqrt()))

    def tanh(self):
        return self.chain(self.v.tanh(), 1 - self.v.tanh() ** 2)

    def erf(self):
        return self.chain(self.v.erf(), 2 / arb.pi().sqrt() * (-self.v * self.v).exp())

    def sin(self):
        return self.chain(self.v.sin(), self.v.cos())

    def __abs__(self):
        return self if self.v > 0 else -self

    def __gt__(self, o):
        return bool(self.v > lift(o).v)

    def __lt__(self, o):
        return bool(self.v < lift(o).v)


def variables(arrays):
    """Arrays of numbers as duals that know their place among all of them."""
    total, at, found = sum(a.size for a in arrays), 0, []
    for a in arrays:
        row = np.empty(a.size, dtype=object)
        for i, x in enumerate(a.ravel().tolist()):
            d = np.array([arb(0)] * total, dtype=object)
            d[at] = arb(1)
            row[i] = Dual(arb(x), d)
            at += 1
        found.append(row.reshape(a.shape))
    return found


def each(f):
    """A function of one number, entry by entry."""
    return np.vectorize(f, otypes=[object])


def sigmoid(x):
    return 1 / (1 + (-x).exp())


def softplus(x):
    return (1 + x.exp()).log()


def relu(x):
    return x if x > 0 else x * 0


def cut(x, low, high):
    return lift(low) + x * 0 if x < low else (lift(high) + x * 0 if x > high else x)
