"""The faults of mutation testing: each is another program, and every kind is found."""

from __future__ import annotations

import ast
from pathlib import Path

from mutation.sites import faults

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
