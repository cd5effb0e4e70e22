r"""Sweeps of one method replayed as one CUDA graph: no sweep is launched operation by operation.

    sweeps = Captured(method, problem, state)     # past its first sweep, on an accelerator
    state = sweeps.run(100)

A sweep of a small network is some hundreds of small operations, each of which a GPU finishes
before the next one is launched. A graph launches them all at once. It repeats *the same*
operations on the same places, so whatever a sweep decides on the host has to be the same in every
sweep: constant inertia and ε, exact moduli, no rows. What changes from sweep to sweep lies in the
tensors of the state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.methods.base import Method
from amverify.methods.joint import JointState, JointTIAM
from amverify.methods.metric import Span
from amverify.methods.tiam import TIAM, TIAMState
from amverify.network.coupling import Band
from amverify.network.layered import LayeredProblem

S = TypeVar("S", TIAMState, JointState)
Recording = Callable[[Callable[[], None]], Callable[[], object]]
"""Takes work on tensors that stay where they are, returns what does that work again."""


def cuda_graph(work: Callable[[], None]) -> Callable[[], object]:
    """The work as a CUDA graph. Recording it does not do it."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()
    return graph.replay


class Captured(Generic[S]):
    """A method's sweeps from a state on, recorded once.

    Args:
        method: ``TIAM`` with exact moduli and constant inertia, or ``JointTIAM``; without rows.
        problem: on the device of the state.
        state: after at least one sweep, and past the last change of ε. It is left as it is.
        recording: how the sweep is recorded.

    Raises:
        InvalidInput: for a method or a state whose sweeps are not the same operations each time.
    """

    def __init__(
        self,
        method: Method[S],
        problem: LayeredProblem,
        state: S,
        recording: Recording = cuda_graph,
    ) -> None:
        _check(method, problem, state)
        self._state: S = rebuilt(state, torch.clone)
        self._replay = recording(lambda: _advance(method, problem, self._state))

    def run(self, sweeps: int) -> S:
        """The state after so many sweeps more, in tensors of its own."""
        for _ in range(sweeps):
            self._replay()
        self._state = replace(self._state, sweep=self._state.sweep + sweeps)
        reached: S = rebuilt(self._state, torch.clone)
        return reached


def _advance(method: Method[S], problem: LayeredProblem, state: S) -> None:
    """One sweep, written over the tensors of the state that it starts from."""
    after = [made.clone() for made in leaves(method.sweep(problem, state))]
    for place, value in zip(leaves(state), after, strict=True):
        place.copy_(value)


def _check(method: Method[S], problem: LayeredProblem, state: S) -> None:
    if isinstance(method, TIAM):
        inertia = method.rule.inertia
        if any(callable(p) for p in (inertia.p1, inertia.p2, inertia.p3)):
            raise InvalidInput("inertia: a graph repeats one sweep; give numbers, not a schedule")
        if method.rule.steps != "exact":
            raise InvalidInput("steps: backtracking looks at each trial; a graph needs 'exact'")
    elif not isinstance(method, JointTIAM):
        raise InvalidInput(f"method: TIAM or JointTIAM, got {type(method).__name__}")
    if method.record:
        raise InvalidInput("record: a graph keeps no rows; give a method with record=False")
    if not state.sweep:
        raise InvalidInput("state: make one sweep before; the first one differs from the others")
    coupling = problem.coupling
    if isinstance(coupling, Band) and state.sweep + 1 < (first := coupling.constant_from()):
        raise InvalidInput(f"epsilon: changes until sweep {first}; sweep as far as that before")


def leaves(value: object) -> Iterator[Tensor]:
    """The tensors of a state, in a fixed order; of a span its length."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Span):
        yield from leaves(value.square)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))


def rebuilt(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same state with each of its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Span):
        return Span.of_length(rebuilt(value.square, change))
    if isinstance(value, dict):
        return {key: rebuilt(part, change) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(rebuilt(part, change) for part in value))
    if isinstance(value, list | tuple):
        return type(value)(rebuilt(part, change) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in fields(value) if f.init}
        return replace(value, **{name: rebuilt(part, change) for name, part in parts.items()})
    return value
