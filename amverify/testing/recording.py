"""Recorders that end with their test."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

import torch

from amverify.record.recorder import Recorder


class Recorders:
    """Makes recorders, and detaches them when the test is over.

    recorder = amverify_recorder(optimizer, loss)     # as Recorder.attach
    recorder = amverify_recorder(value=f)             # as Recorder: recorder.step(x)
    """

    def __init__(self) -> None:
        self._made: list[Recorder] = []

    def __call__(
        self,
        optimizer: torch.optim.Optimizer | None = None,
        value: Callable[..., Any] | None = None,
        **declarations: Any,
    ) -> Recorder:
        """A recorder of an optimiser, or without one of a loop that calls ``step``.

        Raises:
            InvalidInput: as ``Recorder.attach`` and ``Recorder`` do.
        """
        if optimizer is None:
            made = Recorder(value=value, **declarations)
        else:
            made = Recorder.attach(optimizer, value, **declarations)
        self._made.append(made)
        return made

    def __enter__(self) -> Recorders:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        for recorder in self._made:
            recorder.detach()
