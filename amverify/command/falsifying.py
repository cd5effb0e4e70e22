"""``amverify falsify``: look for a counterexample, or decide one again from its file."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from amverify.command.auditing import constants_of
from amverify.console.screen import Screen
from amverify.errors import AmverifyError, InvalidInput
from amverify.falsification import Result, falsify, replayed
from amverify.subject.subject import found


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    claim: str
    method: str
    family: str
    parameters: Sequence[str] = ()
    given: Sequence[str] = ()
    constants: Sequence[str] = ()
    steps: int = 10
    seed: int = 0
    examples: int | None = None
    seconds: float | None = None
    step_seconds: float = 10.0
    without: Sequence[str] = ()


def method_of(name: str) -> Any:
    """One of ours by name, or what ``module:function`` names.

    Raises:
        InvalidInput: if there is no such module or function, or importing it raises.
    """
    module, colon, attribute = name.partition(":")
    if not colon:
        return name
    if not (module and attribute):
        raise InvalidInput(f"--method {name}: write it as module:function")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return found(name)
    except AmverifyError:
        raise
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())
        raise InvalidInput(f"--method {name}: {told}") from error


def parameters_of(given: Sequence[str]) -> dict[str, str]:
    """Parameters by name, as texts.

    Raises:
        InvalidInput: for what is not written as NAME=VALUE, or a name that stands twice.
    """
    read: dict[str, str] = {}
    for text in given:
        name, sign, value = (part.strip() for part in text.partition("="))
        if not (name and sign and value):
            raise InvalidInput(
                f"--parameter {text}: write it as NAME=NUMBER, NAME=2/L or NAME=LOW..HIGH"
            )
        if name in read and read[name] != value:
            raise InvalidInput(f"--parameter {name}: it is {read[name]} and {value}; give one")
        read[name] = value
    return read


def falsified(asked: Asked, save: Path | None, quiet: bool) -> int:
    """Search, tell, save; returns the exit status."""
    method, parameters = method_of(asked.method), parameters_of(asked.parameters)
    with _Told(asked, quiet) as told:
        result = falsify(
            asked.claim, method, asked.family,
            parameters=parameters, given=asked.given, constants=constants_of(asked.constants),
            without=asked.without,
            steps=asked.steps, examples=asked.examples, seconds=asked.seconds,
            step_seconds=asked.step_seconds, seed=asked.seed, tell=told,
        )  # fmt: skip
    if save is not None and result.falsified:
        result.save(save)
    return _end(result, quiet, save)


def again(file: Path, method: str, quiet: bool) -> int:
    """Decide a file again; 1 if it still refutes the claim."""
    return _end(replayed(file, method_of(method) if method else None), quiet, None)


def _end(result: Result, quiet: bool, save: Path | None) -> int:
    if not quiet:
        said = str(result)
        if save is not None and result.falsified:
            said += f" Again: amverify falsify --replay {save}"
        Screen().print(Text(said), soft_wrap=True)
    return result.exit_status


class _Told:
    """A bar on standard error, where that is a terminal."""

    def __init__(self, asked: Asked, quiet: bool) -> None:
        self._seconds, total = asked.seconds, asked.examples or (None if asked.seconds else 1000)
        console = Screen(stderr=True)
        shown = console.is_terminal and not quiet
        columns = (TextColumn("{task.description}"), BarColumn())
        self._bar = Progress(*columns, console=console, disable=not shown, transient=True)
        self._task = self._bar.add_task("searching", total=total or asked.seconds)
        self._by_time = total is None

    def __enter__(self) -> _Told:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, least: float, seconds: float) -> None:
        told = f"{done} instances, least margin {least:.2g}"
        self._bar.update(self._task, completed=seconds if self._by_time else done, description=told)
