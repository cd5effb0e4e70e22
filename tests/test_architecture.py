"""Who may import whom: floors, rooms and no circle, of what support/imports.py reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from support.imports import PACKAGES, import_graph

ROOT = Path(__file__).resolve().parents[1]

Imports = Mapping[str, set[str]]


def within(name: str, *places: str) -> bool:
    """Whether a module is one of these packages or modules, or inside one."""
    return any(name == place or name.startswith(place + ".") for place in places)


def never(graph: Imports, importer: str, *imported: str) -> list[str]:
    """The imports from ``importer`` that reach a forbidden place."""
    return [
        f"{name} imports {other}"
        for name, others in sorted(graph.items())
        if within(name, importer)
        for other in sorted(others)
        if within(other, *imported)
    ]


def only(graph: Imports, importer: str, *allowed: str) -> list[str]:
    """The imports from ``importer`` that are neither allowed nor the standard library's."""
    return [
        f"{name} imports {other}"
        for name, others in sorted(graph.items())
        if within(name, importer)
        for other in sorted(others)
        if not within(other, *allowed) and other.partition(".")[0] not in sys.stdlib_module_names
    ]


def methods_and_theorems(graph: Imports) -> list[str]:
    return never(graph, "amverify.methods", "amverify.theorems") + never(
        graph, "amverify.theorems", "amverify.methods"
    )


def network_is_the_ground(graph: Imports) -> list[str]:
    return only(graph, "amverify.network", "torch", "numpy", "amverify.errors", "amverify.network")


def methods_stand_on_the_network(graph: Imports) -> list[str]:
    """What hands arrays to compiled loops may use numpy, and no one else."""
    allowed = (
        "torch",
        "amverify.errors",
        "amverify.files",
        "amverify.network",
        "amverify.numbers.roundoff",
        "amverify.compiled",
    )
    arrays = (
        "amverify.methods.rows.sums",
        "amverify.methods.rows.sweep",
        "amverify.samt.fast.table",
        "amverify.samt.sources",
    )
    others = {name: found for name, found in graph.items() if name not in arrays}
    return [
        fault
        for room in ("amverify.methods", "amverify.samt")
        for fault in only(others, room, *allowed, room)
    ] + [
        fault
        for name in arrays
        for fault in only(graph, name, *allowed, "numpy", "amverify.methods")
    ]


FLOORS = (
    ("compiled", "console", "network", "numbers", "plugins", "trace"),
    ("methods", "samt", "theorems", "report", "definability"),
    ("judge", "record", "claims", "fitted"),
    ("expectation", "estimators", "families", "subject", "proofs"),
    ("falsification", "repro"),
    ("command", "testing", "paper_figures"),
)
"""The rooms, from the ground up. A room imports from the floors below its own, and nothing else.

The ground words (``GROUND``) lie under all of them; the face, ``amverify/__init__.py``, shows what
the rooms hold and stands on none.
"""
GROUND = ("errors", "files", "shown", "verdict")
LOOSE = {"amverify": 4, "proofs": 1}
"""So many modules may stand in a package beside its rooms."""


def room(name: str) -> str:
    """The room of a module: ``judge`` of ``amverify.judge.audit``, ``proofs`` of all there."""
    parts = name.split(".")
    return parts[1] if parts[0] == "amverify" and len(parts) > 1 else parts[0]


def floors(graph: Imports) -> list[str]:
    """Each import from one room into another leads downward."""
    height = {place: level for level, places in enumerate(FLOORS, 1) for place in places}
    height |= dict.fromkeys(GROUND, 0) | {"__main__": len(FLOORS)}
    faults = []
    for name, others in sorted(graph.items()):
        for other in sorted(others & set(graph) - {"amverify"}):
            here, there = room(name), room(other)
            if name == "amverify" or here == there or (here in GROUND and there in GROUND):
                continue
            if here not in height:
                faults.append(f"{name} stands on no floor")
            elif there not in height or height[there] >= height[here]:
                faults.append(f"{name} imports {other}")
    return faults


def loose_modules(graph: Imports) -> list[str]:
    """Few modules beside the rooms."""
    faults = []
    for package, most in LOOSE.items():
        below = {name for name in graph if name.count(".") == 1 and within(name, package)}
        found = {name for name in below if not any(n.startswith(f"{name}.") for n in graph)}
        if len(found) > most:
            faults.append(f"{package} has {len(found)} loose modules, {most} may be")
    return faults


RECORD = ("quiet", "shadow", "points", "known", "heard", "layered", "exact")
"""The rooms of ``amverify/record``, from the ground up; ``record`` and ``recorder`` lie above."""


def record_rooms(graph: Imports) -> list[str]:
    """A room of the recorder uses those before it."""
    places = [f"amverify.record.{name}" for name in (*RECORD, "record", "recorder")]
    return [
        fault
        for level, place in enumerate(places[: len(RECORD)], 1)
        for fault in never(graph, place, *places[level:])
    ]


def the_kernel_stands_alone(graph: Imports) -> list[str]:
    """What has to be trusted imports nothing of ours; proofs know no search."""
    return only(graph, "proofs.kernel", "proofs.kernel") + never(
        graph, "proofs.script", "proofs.search", "proofs.theorems", "proofs.coq", "proofs.pep"
    )


def nothing_upward(graph: Imports) -> list[str]:
    return never(graph, "amverify", "repro", "proofs", "paper_figures")


def no_circle(graph: Imports) -> list[str]:
    own = {name: {other for other in others if other in graph} for name, others in graph.items()}
    try:
        TopologicalSorter(own).prepare()
    except CycleError as circle:
        return [" → ".join(circle.args[1])]
    return []


RULES: tuple[Callable[[Imports], list[str]], ...] = (
    methods_and_theorems,
    network_is_the_ground,
    methods_stand_on_the_network,
    the_kernel_stands_alone,
    nothing_upward,
    no_circle,
    floors,
    loose_modules,
    record_rooms,
)


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    return import_graph(ROOT)


def test_all_packages_are_seen(graph):
    assert {name.partition(".")[0] for name in graph} == set(PACKAGES)
    assert "amverify.network.layered" in graph["amverify.methods.tiam"]
    assert len(graph) > 50


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_repository_keeps(rule, graph):
    assert rule(graph) == []


SOUND = {
    "amverify/__init__.py": "",
    "amverify/__main__.py": "",
    "amverify/errors.py": "import math\n",
    "amverify/files.py": "from amverify import errors\n",
    "amverify/verdict.py": "",
    "amverify/report/__init__.py": "",
    "amverify/report/html.py": "from amverify import verdict\n",
    "amverify/network/__init__.py": "",
    "amverify/network/layered.py": "import torch, numpy\nfrom amverify import errors\n",
    "amverify/methods/__init__.py": "",
    "amverify/methods/tiam.py": "from torch import nn\nfrom amverify.network import layered\n",
    "amverify/methods/base.py": "from . import tiam\nfrom ..network.layered import Point\n",
    "amverify/theorems/__init__.py": "",
    "amverify/theorems/t1.py": "import sympy\n",
    "repro/__init__.py": "",
    "repro/full_batch/run.py": "from amverify.methods.base import Method\n",
}

LATE = "def later():\n    "
BROKEN = {
    "methods name theorems": (
        methods_and_theorems,
        "amverify/methods/tiam.py",
        LATE + "from amverify.theorems import t1\n",
        "amverify.methods.tiam imports amverify.theorems.t1",
    ),
    "theorems name methods": (
        methods_and_theorems,
        "amverify/theorems/t1.py",
        "from ..methods import tiam\n",
        "amverify.theorems.t1 imports amverify.methods.tiam",
    ),
    "network names methods": (
        network_is_the_ground,
        "amverify/network/layered.py",
        "import amverify.methods.base\n",
        "amverify.network.layered imports amverify.methods.base",
    ),
    "network names scipy": (
        network_is_the_ground,
        "amverify/network/layered.py",
        LATE + "import scipy.linalg\n",
        "amverify.network.layered imports scipy.linalg",
    ),
    "network names the whole package": (
        network_is_the_ground,
        "amverify/network/layered.py",
        "import amverify\n",
        "amverify.network.layered imports amverify",
    ),
    "methods name numpy": (
        methods_stand_on_the_network,
        "amverify/methods/tiam.py",
        "import numpy as np\n",
        "amverify.methods.tiam imports numpy",
    ),
    "methods name a neighbour": (
        methods_stand_on_the_network,
        "amverify/methods/base.py",
        "from amverify.trace.trace import Trace\n",
        "amverify.methods.base imports amverify.trace.trace",
    ),
    "the kernel names the script": (
        the_kernel_stands_alone,
        "proofs/kernel/checker.py",
        LATE + "from proofs.script import chains\n",
        "proofs.kernel.checker imports proofs.script",
    ),
    "a proof names the search": (
        the_kernel_stands_alone,
        "proofs/script/chains.py",
        "from proofs.search import multipliers\n",
        "proofs.script.chains imports proofs.search",
    ),
    "library names repro": (
        nothing_upward,
        "amverify/errors.py",
        LATE + "import repro.full_batch.run\n",
        "amverify.errors imports repro.full_batch.run",
    ),
    "library names repro by a string": (
        nothing_upward,
        "amverify/errors.py",
        "import importlib\nimportlib.import_module('repro.full_batch.run')\n",
        "amverify.errors imports repro.full_batch.run",
    ),
    "library names proofs": (
        nothing_upward,
        "amverify/__init__.py",
        "from proofs import ledger\n",
        "amverify imports proofs",
    ),
    "library names the figures": (
        nothing_upward,
        "amverify/theorems/t1.py",
        "import paper_figures\n",
        "amverify.theorems.t1 imports paper_figures",
    ),
    "a room names one of its own floor": (
        floors,
        "amverify/theorems/t1.py",
        "from amverify.report import html\n",
        "amverify.theorems.t1 imports amverify.report.html",
    ),
    "a room names one above": (
        floors,
        "amverify/network/layered.py",
        LATE + "from amverify.methods import base\n",
        "amverify.network.layered imports amverify.methods.base",
    ),
    "the ground names a room": (
        floors,
        "amverify/errors.py",
        "from amverify.network import layered\n",
        "amverify.errors imports amverify.network.layered",
    ),
    "a room without a floor": (
        floors,
        "amverify/attic/__init__.py",
        "from amverify import errors\n",
        "amverify.attic stands on no floor",
    ),
    "one loose module too many": (
        loose_modules,
        "amverify/another.py",
        "",
        "amverify has 5 loose modules, 4 may be",
    ),
    "a room of the recorder names one above": (
        record_rooms,
        "amverify/record/points/vector.py",
        LATE + "from amverify.record.known.values import Values\n",
        "amverify.record.points.vector imports amverify.record.known.values",
    ),
    "a circle closed inside a function": (
        no_circle,
        "amverify/network/layered.py",
        LATE + "from ..methods.base import Method\n",
        "amverify.network.layered",
    ),
    "a circle through a package": (
        no_circle,
        "amverify/network/__init__.py",
        "from amverify.network.layered import F\nfrom amverify.methods import tiam\n",
        "amverify.methods.tiam",
    ),
}


def plant(root: Path, sources: Mapping[str, str]) -> dict[str, set[str]]:
    for name, text in sources.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return import_graph(root)


def test_the_guard_passes_a_sound_tree(tmp_path):
    graph = plant(tmp_path, SOUND)
    assert [fault for rule in RULES for fault in rule(graph)] == []


@pytest.mark.parametrize("case", BROKEN)
def test_the_guard_sees(case, tmp_path):
    rule, file, text, fault = BROKEN[case]
    extra = {}
    if case == "a circle through a package":
        extra = {"amverify/methods/tiam.py": "from amverify.network import F\n"}
    faults = rule(plant(tmp_path, SOUND | extra | {file: text}))
    assert any(fault in found for found in faults), faults


BESIDE = {"benchmarks", "controls", "docs", "support"}
"""Folders of tests that are about no package alone."""


def unmirrored(root: Path) -> list[str]:
    """Rooms of amverify without a folder of tests, and folders of tests that mirror nothing."""
    rooms = {file.parent.name for file in (root / "amverify").glob("*/__init__.py")}
    tested = {file.parent.name for file in (root / "tests").glob("*/test_*.py")}
    return sorted((rooms - tested) | (tested - rooms - set(PACKAGES) - BESIDE))


def test_tests_mirror_the_packages(tmp_path):
    assert unmirrored(ROOT) == []
    plant(tmp_path, {"amverify/judge/__init__.py": "", "tests/verdicts/test_audit.py": ""})
    assert unmirrored(tmp_path) == ["judge", "verdicts"]


def test_every_file_of_tests_has_a_name_of_its_own():
    """Two of one name, in folders that are no packages, cannot be collected in one run."""
    names = [file.name for file in Path(__file__).parent.rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
