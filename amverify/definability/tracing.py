r"""A module or function, traced to a graph of ATen operations by ``torch.export``; no data is run.

Tracing runs the Python code of what the user named once more than it needs, on tensors without
data: two traces that differ, or a generator of random numbers that moved, show a function that is
not the same at each call. ``torch.autograd.Function`` is refused: its backward need not be the
derivative of its forward.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
import random
import re
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Node

from amverify.definability.ledger import Refused

_OURS = str(Path(__file__).resolve().parents[1])
_TORCH = str(Path(torch.__file__).resolve().parent)
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in .*\n\s*(.*)')


class Wrapped(nn.Module):
    """A function as a module, with those that it closes over, so that their weights are seen."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = _seen(function)
        self.held = nn.ModuleDict()
        for name, module in closed_over(function).items():
            self.held[name] = module

    def forward(self, *inputs: Any) -> Any:
        """The function's own value."""
        return self.function(*inputs)


def _seen(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under the name ``forward``: traces tell the lines of functions of that name."""
    if not inspect.isfunction(function):
        return function
    code = function.__code__.replace(co_name="forward")
    twin = FunctionType(
        code, function.__globals__, "forward", function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    return twin


def closed_over(function: Callable[..., Any]) -> dict[str, nn.Module]:
    """The modules that a function names or is bound to."""
    try:
        found = inspect.getclosurevars(function)
        named = {**found.globals, **found.nonlocals}
    except TypeError:
        named = {}
    owner = getattr(function, "__self__", None)
    return {n: m for n, m in {**named, "self": owner}.items() if isinstance(m, nn.Module)}


def traced(loss: Callable[..., Any], inputs: tuple[Any, ...]) -> Any:
    """The exported program.

    Raises:
        Refused: where it can't be traced, with the reason and the place.
    """
    module = loss if isinstance(loss, nn.Module) else Wrapped(loss)
    before = _generators()
    first = _export(module, inputs)
    if before != _generators():
        raise Refused("random: it draws from a generator while it is traced", "", "random numbers")
    second = _export(module, inputs)
    if _fingerprint(first) != _fingerprint(second):
        raise Refused(
            "it is not the same at each call: random, or with a state of its own", "", "-"
        )
    return first


def _export(module: nn.Module, inputs: tuple[Any, ...]) -> Any:
    found: list[Refused] = []
    try:
        with quietly(), _without_functions(found):
            program = torch.export.export(module, inputs, strict=False)
    except Exception as error:
        raise (found[0] if found else _untraceable(error)) from None
    if found:
        raise found[0]
    return program


def _untraceable(error: Exception) -> Refused:
    text = " ".join(str(error).split())
    kind = type(error).__name__
    where = place_of(traceback.extract_tb(error.__traceback__))
    at = f" at {where}" if where else ""
    if "DataDependent" in kind or "data-dependent" in text or "data dependent" in text:
        return Refused(
            "a branch or a size depends on the values of tensors", "", f"control flow{at}"
        )
    short = text if len(text) <= 160 else text[:157] + "..."
    return Refused(f"it can't be traced: {kind}: {short}", "", f"tracing{at}")


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """No warnings, logs or prints of what is traced."""
    level = logging.root.manager.disable
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        stack.callback(logging.disable, level)
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        yield


@contextlib.contextmanager
def _without_functions(found: list[Refused]) -> Iterator[None]:
    """``torch.autograd.Function.apply`` is told on, while a trace is made."""
    original = torch.autograd.Function.__dict__["apply"]

    def apply(cls: type, *_: Any, **__: Any) -> Any:
        where = place_of(traceback.extract_stack())
        refused = Refused(
            "an autograd function of its own is opaque: its backward need not be the derivative "
            "of its forward",
            "",
            f"{cls.__name__} at {where}",
        )
        found.append(refused)
        raise refused

    torch.autograd.Function.apply = classmethod(apply)  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.autograd.Function.apply = original  # type: ignore[method-assign]


def place_of(frames: Any) -> str:
    """The last frame that is neither torch's nor ours: file, line and its text."""
    for frame in reversed(list(frames)):
        file = str(frame.filename)
        if file.startswith("<") or _TORCH in file or _OURS in file or "/lib/python" in file:
            continue
        line = f": {shortened(frame.line)}" if frame.line else ""
        return f"{Path(file).name}, line {frame.lineno}{line}"
    return ""


def place(node: Node) -> str:
    """The line of the user's code, else the innermost one of a module."""
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    frames = [f for f in frames if not f[0].endswith("definability/tracing.py")]
    own = [f for f in frames if _TORCH not in f[0]]
    chosen = (own or frames)[-1:] or [("", "", "")]
    file, line, text = chosen[0]
    stack = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]
    module = f", in {stack[-1]}" if stack and not own else ""
    return f"{Path(file).name}, line {line}: {shortened(text)}{module}" if file else ""


def shortened(line: str) -> str:
    """A line of code that fits a message."""
    text = " ".join(line.split())
    return text if len(text) <= 70 else text[:67] + "..."


def _generators() -> tuple[Any, ...]:
    numpy: Any = sys.modules.get("numpy")
    state = None if numpy is None else numpy.random.get_state()
    told = None if state is None else (state[1].tobytes(), state[2])
    return random.getstate(), torch.get_rng_state().numpy().tobytes(), told


def _fingerprint(program: Any) -> tuple[Any, ...]:
    nodes = [(n.op, str(n.target), str(n.args), str(n.kwargs)) for n in program.graph.nodes]
    held = [
        (name, value)
        for name, value in program.constants.items()
        if isinstance(value, Tensor) and value.device.type == "cpu" and not value.is_sparse
    ]
    try:
        return nodes, [(name, value.detach().numpy().tobytes()) for name, value in held]
    except RuntimeError:
        raise Refused("it can't be traced: a transformation by torch.func in it", "", "-") from None
