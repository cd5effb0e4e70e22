"""A fault inside a function, put into the running process: the function gets other code."""

from __future__ import annotations

import gc
import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType, FunctionType

Functions = Mapping[str, Sequence[FunctionType]]


def functions() -> Functions:
    """All functions that there are, by the file of their code.

    To look at every object costs a process that was forked a copy of most of its memory: this is
    done once, before.
    """
    found: dict[str, list[FunctionType]] = defaultdict(list)
    for each in gc.get_objects():
        if type(each) is FunctionType:
            found[each.__code__.co_filename].append(each)
    return found


def swapped(there: Functions, file: str, text: str, changed: str, line: int) -> bool:
    """Gives the function around a line its changed code; False if that cannot be done.

    Args:
        there: the functions of this process.
        file: the module's, as its code objects name it.
        text: the module as it was imported.
        changed: the module with the fault.
        line: the fault's.
    """
    before, after = (list(_outer(compile(t, file, "exec"))) for t in (text, changed))
    around = [i for i, code in enumerate(before) if line in _lines(code)]
    if not around or len(before) != len(after):
        return False
    old, new = before[around[-1]], after[around[-1]]
    inner = {(c.co_qualname, c.co_firstlineno) for c in _inner(old)}
    found, made = [], (old.co_qualname, old.co_firstlineno)
    for each in there.get(file, ()):
        key = (each.__code__.co_qualname, each.__code__.co_firstlineno)
        found += [each] if key == made else []
        if key in inner:
            return False
    if not found or len(old.co_freevars) != len(new.co_freevars):
        return False
    for each in found:
        each.__code__ = new
    return True


def _outer(code: CodeType) -> Iterator[CodeType]:
    """Functions that are in no other, methods among them."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & inspect.CO_OPTIMIZED:
                yield inner
            else:
                yield from _outer(inner)


def _inner(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _inner(each)


def _lines(code: CodeType) -> range:
    every = [line for c in (code, *_inner(code)) for *_, line in c.co_lines() if line]
    return range(code.co_firstlineno, max(every) + 1)
