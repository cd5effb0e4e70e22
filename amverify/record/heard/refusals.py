"""What cannot be recorded, found out when a recorder is attached, and said in one line."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from amverify.errors import InvalidInput
from amverify.record.points.vector import evaluate, flat, numbers
from amverify.record.quiet.evaluation import states
from amverify.record.quiet.reach import Reach, reach

MANY = 8
"""Evaluations of an objective that draws random numbers, before its value counts as one."""

Differ = Callable[[Sequence[Tensor], float, float], bool]


def optimiser(given: Any) -> None:
    """Refuse what is no torch optimiser.

    Raises:
        InvalidInput: saying what to pass instead.
    """
    if isinstance(given, torch.optim.Optimizer):
        return
    name = type(given).__name__
    inside = isinstance(getattr(given, "optimizer", None), torch.optim.Optimizer)
    hint = "; give the optimiser inside (.optimizer)" if inside else ""
    raise InvalidInput(f"recorder: {name} is no torch optimiser{hint}")


def arguments(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse what ``attach`` has no argument for.

    Raises:
        InvalidInput: with the name that was meant, where one is near.
    """
    names = sorted({*known, "gradient", "point"})
    for name in given:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]}=?" if near else f"; there are {', '.join(names)}"
            raise InvalidInput(f"attach: no argument {name}={hint}")


def objective(value: Any, needed: bool) -> None:
    """Refuse a ``value`` that is no function, or none where one is needed.

    Raises:
        InvalidInput: saying what to pass.
    """
    wanted = "recorder: value, a function that returns the objective, is needed"
    if value is None and needed:
        raise InvalidInput(wanted)
    if value is not None and not callable(value):
        raise InvalidInput(
            f"{wanted}, as in attach(optimizer, lambda: loss); got {type(value).__name__}"
        )


def hooked(
    optimizer: torch.optim.Optimizer,
    before: Callable[..., None],
    after: Callable[..., None],
    reload: Callable[..., None],
) -> list[Any]:
    """Hooks on ``step`` and ``load_state_dict``, which no compiler sees.

    Raises:
        InvalidInput: for an optimiser that was made without ``Optimizer.__init__``.
    """
    try:
        return [
            optimizer.register_step_pre_hook(_eager(before)),
            optimizer.register_step_post_hook(_eager(after)),
            optimizer.register_load_state_dict_post_hook(reload),
        ]
    except AttributeError:
        raise InvalidInput(
            f"recorder: {type(optimizer).__name__} never called Optimizer.__init__ and has no "
            "hooks; give the optimiser inside (.optimizer)"
        ) from None


def _eager(hook: Callable[..., None]) -> Callable[..., None]:
    found: Callable[..., None] = torch.compiler.disable(hook)  # type: ignore[no-untyped-call]
    return found


def readable(
    params: Sequence[Tensor], value: Callable[[], Any] | None, gradient: bool, differ: Differ
) -> None:
    """Evaluate the objective twice, and refuse one that is no function of the parameters.

    Raises:
        InvalidInput: in one line, naming what to pass instead.
    """
    before = flat(params)[0]
    if value is None:
        return
    found = reach(value)
    _kinds(found)
    try:
        first, _ = evaluate(value, params, gradient)
        seen = numbers(value, params, gradient, 2)
        if _draws(value, params, gradient, found):
            seen += numbers(value, params, gradient, MANY)
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(
            f"value: {one_line(error)}; attach where the objective can be evaluated"
        ) from error
    if (flat(params)[0] != before).any():
        raise InvalidInput("value: it changes the parameters; give one that only reads them")
    for second in seen:
        if differ(params, first, second):
            raise InvalidInput(
                f"value: it is {first!r} and then {second!r} at the same parameters; give a "
                "function of them alone (the full batch, without dropout)"
            )


def _kinds(found: Reach) -> None:
    if found.iterators:
        raise InvalidInput(
            f"value: it reads {next(iter(found.iterators))!r}, an iterator, which only moves on; "
            "give it fixed data"
        )
    if found.scripted:
        raise InvalidInput(
            f"value: it calls {next(iter(found.scripted))!r}, which torch.jit compiles anew by "
            "its number of calls; let value call the module that was scripted"
        )


def _draws(
    value: Callable[[], Any], params: Sequence[Tensor], gradient: bool, found: Reach
) -> bool:
    """Whether an evaluation moves a generator of random numbers."""
    moved: list[bool] = []

    def watched() -> Any:
        before = [pickle.dumps(state) for _, state in states(found.generators.values())]
        result = value()
        after = [pickle.dumps(state) for _, state in states(found.generators.values())]
        moved.append(before != after)
        return result

    numbers(watched, params, gradient, 1)
    return any(moved)


def one_line(error: Exception) -> str:
    """An exception as one line."""
    if isinstance(error, InvalidInput):
        return str(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
