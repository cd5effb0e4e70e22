"""A batch's leaves: what torch's own (private) walk finds, and dataclasses besides."""

from __future__ import annotations

import ast
from collections import OrderedDict, UserDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves

import amverify
from amverify.samt.nested import leaves

Pair = namedtuple("Pair", "x y")
A, B, C = (torch.full((2,), float(k)) for k in range(3))
TREES: list[Any] = [
    A,
    [A, B],
    (A, [B, (C,)]),
    Pair(A, {"k": B, "l": [C]}),
    {"x": A, "y": None, "n": 3},
    OrderedDict(x=A, y=(B, C)),
    defaultdict(list, x=[A]),
    deque([A, B]),
    [],
    "text",
    7,
    None,
]


@dataclass
class Batch:
    x: Any
    y: Any


def _same(found: list[Any], other: list[Any]) -> bool:
    return len(found) == len(other) and all(a is b for a, b in zip(found, other, strict=True))


@pytest.mark.parametrize("tree", TREES, ids=lambda tree: type(tree).__name__)
def test_leaves_are_those_that_torch_finds(tree: Any) -> None:
    told = [x for x in tree_leaves(tree) if x is not None]
    assert _same([x for x in leaves(tree) if x is not None], told)


def test_dataclasses_and_mappings_of_others_are_entered() -> None:
    assert _same([*leaves(Batch(A, UserDict(k=[B, C])))], [A, B, C])
    assert [*leaves(Batch)] == [Batch]


def test_what_holds_itself_ends() -> None:
    tree: list[Any] = [A]
    tree.append(tree)
    assert _same([*leaves(tree)], [A])


def test_no_module_reads_torchs_private_pytree() -> None:
    found = [
        path.name
        for path in Path(amverify.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "torch.utils._pytree"
    ]
    assert found == []
