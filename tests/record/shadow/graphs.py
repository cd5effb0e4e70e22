"""Random expressions, built twice: of torch's operators, and in ball arithmetic of 300 bits with
derivatives by every parameter (forward mode), which shares no line with what is tested.
"""

from __future__ import annotations

import random

import numpy as np
import torch
from duals import BITS, relu, sigmoid, softplus, variables
from flint import arb, ctx


class Graph:
    """One random expression of a few vectors of three entries; ``run()`` is torch's value."""

    def __init__(self, seed: int) -> None:
        ctx.prec = BITS
        self.rng = random.Random(seed)
        torch.manual_seed(seed)
        self.dtype = self.rng.choice([torch.float32, torch.float64])
        scale = self.rng.choice([1e-3, 1.0, 1.0, 8.0])
        self.params = [
            (torch.randn(3, dtype=torch.float64) * scale).to(self.dtype).requires_grad_()
            for _ in range(2)
        ]
        self.data = torch.randn(3, 3, dtype=torch.float64).to(self.dtype)
        self.plan = [self.rng.randrange(10**9) for _ in range(self.rng.randint(3, 12))]

    def run(self):
        """The value, by torch."""
        return self._walk([p * 1 for p in self.params], Torch(self.data))

    def truth(self):
        """The value and its gradient, in ball arithmetic."""
        rows = [[arb(x) for x in row] for row in self.data.double().tolist()]
        given = [np.array(p.detach().double().tolist()) for p in self.params]
        return self._walk(variables(given), Exact(rows))

    def _walk(self, have, how):
        have = list(have)
        for number in self.plan:
            rng = random.Random(number)
            a, b = rng.choice(have), rng.choice(have)
            have.append(getattr(how, rng.choice(OPERATIONS))(a, b))
        return how.end(have[-1], have[-2])


OPERATIONS = (
    *("add", "sub", "mul", "share", "exp", "tanh", "sigmoid", "softplus", "root", "relu", "size"),
    *("matrix", "logits", "middle", "shift", "views", "inplace", "half", "where", "cast"),
)


class Torch:
    """Operations on tensors."""

    def __init__(self, data):
        self.data = data

    def add(self, a, b):
        return a + b

    def sub(self, a, b):
        return a - 0.1 * b

    def mul(self, a, b):
        return torch.tanh(a) * b

    def share(self, a, b):
        return a / (1 + b * b)

    def exp(self, a, _):
        return torch.exp(torch.tanh(a))

    def tanh(self, a, _):
        return torch.tanh(a)

    def sigmoid(self, a, _):
        return torch.sigmoid(a)

    def softplus(self, a, _):
        return torch.nn.functional.softplus(torch.tanh(a) * 10)

    def root(self, a, _):
        return torch.sqrt(a**2 + 1)

    def relu(self, a, _):
        return torch.relu(a)

    def size(self, a, _):
        return a.abs()

    def matrix(self, a, _):
        return self.data @ a

    def logits(self, a, _):
        return torch.log_softmax(a, 0)

    def middle(self, a, b):
        return torch.stack([a.mean(), b.sum(), a.max(0).values])

    def shift(self, a, b):
        return torch.cat([a[1:], b[:1]])

    def views(self, a, b):
        both = torch.outer(torch.tanh(a), b).t()
        return both[:, 1].contiguous().flip(0)

    def inplace(self, a, b):
        c = a.clone()
        c[1:] += b[:-1]
        c[0].mul_(2)
        return c

    def half(self, a, _):
        return a / 3

    def where(self, a, b):
        return torch.where(a > b, a, 2 * b)

    def cast(self, a, _):
        return a.bfloat16().to(a.dtype)

    def end(self, a, b):
        return (a * a).sum() + b.mean()


class Exact:
    """The same on lists of duals; what is compared must be apart by more than 300 bits."""

    def __init__(self, data):
        self.data = data

    def add(self, a, b):
        return [x + y for x, y in zip(a, b, strict=True)]

    def sub(self, a, b):
        return [x - y * 0.1 for x, y in zip(a, b, strict=True)]

    def mul(self, a, b):
        return [x.tanh() * y for x, y in zip(a, b, strict=True)]

    def share(self, a, b):
        return [x / (1 + y * y) for x, y in zip(a, b, strict=True)]

    def exp(self, a, _):
        return [x.tanh().exp() for x in a]

    def tanh(self, a, _):
        return [x.tanh() for x in a]

    def sigmoid(self, a, _):
        return [sigmoid(x) for x in a]

    def softplus(self, a, _):
        return [softplus(x.tanh() * 10) for x in a]

    def root(self, a, _):
        return [(1 + x * x).sqrt() for x in a]

    def relu(self, a, _):
        return [relu(x) for x in a]

    def size(self, a, _):
        return [abs(x) for x in a]

    def matrix(self, a, _):
        return [self._sum([x * c for x, c in zip(a, row, strict=True)]) for row in self.data]

    def _sum(self, a):
        first, *rest = a
        for x in rest:
            first = first + x
        return first

    def logits(self, a, _):
        whole = self._sum([x.exp() for x in a]).log()
        return [x - whole for x in a]

    def middle(self, a, b):
        top = a[0]
        for x in a[1:]:
            top = x if x > top else top
        return [self._sum(a) / 3, self._sum(b), top]

    def shift(self, a, b):
        return [*a[1:], b[0]]

    def views(self, a, b):
        return [a[1].tanh() * y for y in b][::-1]

    def inplace(self, a, b):
        return [a[0] * 2, a[1] + b[0], a[2] + b[1]]

    def half(self, a, _):
        return [x / 3 for x in a]

    def where(self, a, b):
        return [x if x > y else y * 2 for x, y in zip(a, b, strict=True)]

    def cast(self, a, _):
        return a

    def end(self, a, b):
        return self._sum([x * x for x in a]) + self._sum(b) / 3
