r"""A trace of anybody's optimiser.

    recorder = Recorder.attach(torch.optim.SGD(model.parameters(), lr=0.1), value=full_batch_loss)
    ...                                              # the training loop, as it was
    trace = recorder.trace(constants={"L": 2.0})     # audit(trace, ["descent", "G1"])

Any other loop calls ``recorder.step(params, value)`` at its start and after every step;
``scipy.optimize.minimize`` takes ``callback=recorder.scipy(f)``. Row 0 is the start.

**Rounding is computed.** Where f is a function of torch tensors (``attach``, ``Recorder(value=f)``)
it is followed operator by operator, forward and backward, in float64, with a bound on every entry
(``operations="auto"``, the default; ``record.shadow``): what is recorded is f and ∇f themselves,
and how far they may be off, whatever format the run has. An evaluation so followed takes some ten
times as long as a plain one.

**Or it is declared**: ``operations``, ``value_error`` and ``gradient_error``, ``exact``
(``record.known.declared``). A declaration that the run refutes is dropped. Where nothing is known
the error columns are absent, an audit that needs them says UNDECIDED, and a note says what to type.

**The rounding of the steps themselves** needs ∇f and a bound on its error
(``record.points.rows``). Without it, it is *measured* where f can be called
(``record.known.probe``), else unknown. A run in a coarser format than that of the arrays that are
handed over says so: ``computed_in="float32"``.

Whatever is not finite never reaches the user's loop: recording ends there, the trace keeps the
rows before, and its header says why under ``stopped``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from amverify.errors import InvalidInput
from amverify.record.attached import Attached
from amverify.record.blocks import Updates
from amverify.record.header import of_run
from amverify.record.minimised import Minimised
from amverify.trace.header import is_number
from amverify.trace.trace import Trace

__all__ = ["Recorder"]


class Recorder(Attached, Minimised):
    """Collects the points that an optimiser visits, and what holds there.

    Args:
        subject: the run's name in reports.
        value_error: bound on the error of each value: a number, or a function of x.
        gradient_error: the same for each entry of the gradient.
        operations: "auto", or n of the rule for sums of non-negative terms.
        value: f, called with what ``step`` is given, where ``step`` is given no value.
        computed_in: the format of the run's steps, if it is coarser than that of its arrays.
        exact: an objective with computed bounds; values and gradients are taken from it.
        eta: η, where each step is e = −η∇f + βΔ (a function of the step's number if it varies).
        momentum: β, the same way.
        keep_iterates: keep x itself every so many steps.
        every: for long runs: of so many steps one is recorded, with both its ends (x⁰, x¹, xᵏ,
            xᵏ⁺¹, x²ᵏ, …, and the last point). Rows keep the numbers of their steps.
        seed: what the run was seeded with, for the header.

    Raises:
        InvalidInput: for more than one declared bound on the value, or one that is negative.
    """

    def block(
        self,
        name: str,
        params: Any,
        value: Any = None,
        gradient: Any = None,
        *,
        bend: Any = None,
        modulus: float | None = None,
        s: float | None = None,
        t: float | None = None,
        p1: float | None = None,
        p2: float | None = None,
    ) -> None:
        """Record an update of one block, between two calls of ``step``: a sweep's, as they come.

            recorder.block("U", [U, V], f(U, V))      # for each block: value[j] <= value[j-1]

        ``modulus`` says that it was a proximal-gradient step: G3 and T1 to T3 then speak of it,
        with s, t, p1, p2 and ``bend``.

        Args:
            name: of the block: "U", "W1", "codes"; once in each sweep.
            params: x after the update, all blocks of it, as ``step`` takes it.
            value: f there, unless the recorder can call it.
            gradient: ∇f there.
            bend: ⟨d, ∇²H d⟩ along d = e − p2Δ: ``amv.within(number, error)``.
            modulus: L, of the block's part of ∇H.
            s: step scale, the step being 1/(sL).
            t: 1 + p3, the extrapolation behind the step: 1 for none.
            p1: inertia of the proximal centre: 0 for none.
            p2: inertia of the gradient's point: 0 for none.

        Raises:
            InvalidInput: before the start was recorded; for a name that came already in this
                sweep; for what is no number; with an attached optimiser.
        """
        if self._listener is not None:
            raise InvalidInput(
                "block: an attached optimiser steps all blocks at once; record its loop by "
                "Recorder() and recorder.step(x, value)"
            )
        if self._thinned.thin:
            raise InvalidInput("block: every update of every sweep is a row; leave every out")
        if self.stopped is not None:
            return
        if self._updates is None:
            self._updates = Updates(self._record)
        said = {"bend": bend, "modulus": modulus, "s": s, "t": t, "p1": p1, "p2": p2}
        self._updates.take(name, self._seen(params, value, gradient), said)
        if self._updates.record.stopped is not None:
            self._record.end_as(self._updates.record, self._updates.sweep)

    def trace(
        self,
        constants: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        **declarations: Any,
    ) -> Trace:
        """What was recorded so far: ``recorder.trace(L=10, fstar=amv.within(0.1, 1e-12))``.

        Args:
            constants: numbers that the claim's author declares (L, mu, fstar, …), plain or as
                ``{"value": 2.0, "origin": "declared"}``.
            settings: facts of the run for its header.
            declarations: further constants by name.

        Raises:
            InvalidInput: for a constant that is not a finite number, or if nothing was recorded.
        """
        record = self._so_far()
        if not record.rows:
            why = f" ({record.stopped})" if record.stopped else ""
            raise InvalidInput(f"{self.subject}: no step was recorded{why}")
        said = {"dtype": record.dtype, **record.settings(), **(settings or {})}
        replays = {}
        if self._replays is not None:
            replays, said["replays"] = self._replays.table(), self._replays.facts()
        updates = self._updates
        if updates is not None:
            said["block_names"] = updates.names
        header = of_run(self.subject, said, {**(constants or {}), **declarations}, self.seed)
        columns = record.columns()
        rows = len(record.rows)
        keys = {"sweep": record.numbers, "replicate": np.zeros(rows, dtype=np.int64)}
        if updates is not None and is_number(said.get("rho")):
            keys["rho"] = np.full(rows, float(said["rho"]))
        return Trace(
            {**header, **record.facts(columns)},
            blocks={} if updates is None else updates.table(),
            sweeps={**keys, **columns},
            iterates=dict(record.iterates),
            replays=replays,
        )
