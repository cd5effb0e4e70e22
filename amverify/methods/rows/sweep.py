r"""The rows of a whole sweep as two arrays, for runs without replicates on a host with numba.

A row made alone costs some ten calls of Python; here a sweep leaves what the compiled loop summed,
(K, 6), step by step while the tensors are in the cache, and what its steps were made with,
(rows, 8). Rows are made of many sweeps at once, column by column, when they are asked for. The
norms around a block (:mod:`amverify.methods.rows.norms`) are columns too: of the blocks before it
in the sweep as this sweep left them, of the others as the sweep before did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from amverify.compiled.available import compiled
from amverify.methods.rows.bounds import Facts
from amverify.methods.rows.gradient import GradientRow, Taken, terms_of
from amverify.methods.rows.norms import STILL, Norms, neighbours
from amverify.methods.rows.sums import Kernel, Operands, Sums
from amverify.network.layered import LayeredProblem
from amverify.network.scalars import plain

XX, XY, XZ, ZZ, VV, TURNED = range(len(Sums._fields))


class Layout:
    """What the rows of a run's sweeps have in common.

    ``own`` and ``image`` say which sums are e's and Ae's of each row; ``sources`` where each
    pair of squared norms around it is: a row's number, or the pair itself where it never changes.
    """

    def __init__(self, norms: Norms, facts: Sequence[Facts]) -> None:
        self.problem, self.facts = norms.problem, tuple(facts)
        self.single = self.problem.dtype is torch.float32
        self._serves = facts[0].s, any(f.kind == "b" for f in facts)
        places = {(f.kind, f.layer): i for i, f in enumerate(self.facts)}
        ends = np.cumsum([1 if f.isotropic else 2 for f in self.facts])
        self.image = ends - 1
        self.count = int(ends[-1])
        self.own = self.image - [not f.isotropic for f in self.facts]
        sizes = [(f.entries,) if f.isotropic else (f.entries, f.image) for f in self.facts]
        self.operands = Operands(np.array([size for pair in sizes for size in pair]))
        self.sources = [
            [
                STILL if key is None else places.get(key, norms.squares[key])
                for key in neighbours(f.kind, f.layer, self.problem.layers)
            ]
            for f in self.facts
        ]

    def serves(self, problem: LayeredProblem, scale: float, biases: bool) -> bool:
        """Whether sweeps of this problem, with this step scale, with or without b, have it."""
        return self.problem is problem and self._serves == (scale, biases)


class Carried(NamedTuple):
    """What a recorded sweep leaves to the next: the layout, and sums (K, 6).

    ‖u‖² and ‖e‖² of every row are taken from them.
    """

    layout: Layout
    sums: Tensor


class SweepRows:
    """The rows of one sweep, as they are added, step by step."""

    def __init__(self, before: Carried, run: Kernel, eps: float) -> None:
        self.layout, self.before, self.eps, self._run = before.layout, before.sums, eps, run
        self.sums = torch.empty_like(before.sums)
        self.steps: list[tuple[float, ...]] = []
        self._next = 0

    def add(self, taken: Taken) -> None:
        """The next step, summed while its tensors are at hand."""
        block, _, s, delta = taken
        layout, first, row = self.layout, self._next, self._next
        for terms in terms_of(taken):
            layout.operands.put(row, terms)
            row += 1
        at, into = layout.operands.address, self.sums.data_ptr()
        self._run(at, into, first, row - first, layout.single)
        self._next = row
        rest = s.rest if s.rest is not None else block.rest_change(s.new)
        self.steps.append((rest, s.modulus, s.p1, s.p2, s.t, delta, s.delta, s.backtracks))  # type: ignore[arg-type]

    @staticmethod
    def of(norms: Norms, steps: Sequence[Taken], scale: float) -> SweepRows | None:
        """A first sweep's, from the norms at its start and all of its steps; None if it cannot be.

        It cannot with replicates, with blocks that have a centre, and without numba.
        """
        loops = compiled()
        if loops is None:
            return None
        if any(step.block.centre is not None or not plain(step.block.u) for step in steps):
            return None
        layout = Layout(norms, [norms.facts_of(step.block, scale) for step in steps])
        before = np.zeros((layout.count, len(Sums._fields)))
        for row, facts in zip(layout.own, layout.facts, strict=True):
            before[row, [VV, XX]] = norms.squares[facts.kind, facts.layer]
        sweep = SweepRows(Carried(layout, torch.from_numpy(before)), loops.sums, norms.eps)
        for step in steps:
            sweep.add(step)
        return sweep

    @property
    def left(self) -> Carried:
        """What the next sweep is to know."""
        return Carried(self.layout, self.sums)

    @property
    def heads(self) -> Sequence[Facts]:
        """What all sweeps' rows have in common."""
        return self.layout.facts

    def __len__(self) -> int:
        return len(self.layout.facts)

    def __iter__(self) -> Iterator[GradientRow]:
        for _, row in self.stacked([self]):
            yield GradientRow(row.facts, tuple(float(value) for value in row.values))

    def stacked(self, sweeps: Sequence[SweepRows]) -> list[tuple[range, GradientRow]]:
        """Each block's rows of sweeps of this layout, their values columns of float64."""
        layout, total = self.layout, len(self) * len(sweeps)
        sums = torch.stack([sweep.sums for sweep in sweeps]).numpy()
        steps = np.array([sweep.steps for sweep in sweeps], dtype=np.float64)
        earlier = torch.stack([sweep.before for sweep in sweeps]).numpy()
        before, after = (own[:, layout.own][..., [VV, XX]] for own in (earlier, sums))
        eps = np.array([sweep.eps for sweep in sweeps])
        none = np.zeros(len(sweeps))
        rows = []
        for i, facts in enumerate(layout.facts):
            own, image = sums[:, layout.own[i]].T, sums[:, layout.image[i]].T
            along = none if facts.isotropic else own[XZ]
            measured = [own[XX], own[XY], image[XZ], image[XX], np.sqrt(image[ZZ]), own[VV]]
            measured += [own[TURNED], image[TURNED], along, none, none, *steps[:, i].T]
            for source in layout.sources[i]:
                if isinstance(source, int):
                    measured += [*(after if source < i else before)[:, source].T]
                else:
                    measured += [none + float(square) for square in source]
            columns = [torch.from_numpy(np.ascontiguousarray(x)) for x in (*measured, eps, none)]
            rows.append((range(i, total, len(self)), GradientRow(facts, tuple(columns))))
        return rows
