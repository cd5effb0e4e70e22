"""The faults of mutation testing: each is another program, and every kind is found."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

from mutation.sites import faults
from mutation.swap import functions, swapped

ROOT = Path(__file__).resolve().parents[2]

SMALL = '''"""A text with 1 < 2."""


def sign(x: float, *, above: bool = False) -> int:
    if x < 0 and not above:
        raise ValueError(f"{x + 1} é")
    return min(3 * x, -1)
'''


def test_each_kind_is_found_once_where_it_stands():
    found = {(f.line, f.old, f.new) for f in faults(SMALL)}
    assert found == {
        (4, "False", "(True)"),
        (5, "x < 0 and not above", "(not (x < 0 and (not above)))"),
        (5, "x < 0 and not above", "(x < 0 or not above)"),
        (5, "x < 0 and not above", "(not above)"),
        (5, "x < 0 and not above", "(x < 0)"),
        (5, "x < 0", "(x <= 0)"),
        (5, "x < 0", "(x >= 0)"),
        (5, "0", "(1)"),
        (5, "0", "(2)"),
        (5, "not above", "(above)"),
        (6, 'raise ValueError(f"{x + 1} é")', "pass"),
        (7, "return min(3 * x, -1)", "return None"),
        (7, "min(3 * x, -1)", "(max(3 * x, -1))"),
        (7, "3 * x", "(3 / x)"),
        (7, "3", "(4)"),
        (7, "3", "(2)"),
        (7, "-1", "(1)"),
        (7, "1", "(2)"),
        (7, "1", "(0)"),
    }


def test_each_fault_of_a_module_is_another_program():
    text = (ROOT / "proofs" / "kernel" / "squares.py").read_text()
    whole = ast.dump(ast.parse(text))
    found = faults(text)
    assert len(found) > 60
    for fault in found:
        assert ast.dump(ast.parse(fault.of(text))) != whole, str(fault)


HOLDER = """class Counter:
    def __init__(self, start=0):
        self.count = start

    def next(self):
        add = lambda n: n + 1
        self.count = add(self.count)
        return self.count


def twice(x):
    return 2 * x


EIGHT = twice(4)


def made(n):
    def inner(x):
        return x + n
    return inner


kept = made(3)
"""


def test_a_fault_is_swapped_into_functions_of_a_module_in_memory(tmp_path):
    file = tmp_path / "holder.py"
    file.write_text(HOLDER)
    spec = importlib.util.spec_from_file_location("holder", file)
    holder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(holder)
    counter, twice = holder.Counter(), holder.twice

    def put(line: int, new: str) -> bool:
        fault = next(f for f in faults(HOLDER) if (f.line, f.new) == (line, new))
        return swapped(functions(), str(file), HOLDER, fault.of(HOLDER), line)

    assert put(6, "(n - 1)")
    assert counter.next() == -1
    assert put(12, "(2 / x)")
    assert (twice(8), holder.EIGHT) == (0.25, 8)
    assert not put(15, "(5)"), "outside of functions: the module is to be imported again"
    assert not put(20, "(x - n)"), "a closure that was made before keeps its code"
