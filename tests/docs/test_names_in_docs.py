"""Whatever a page names exists: paths, modules, commands with their options, links."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
from pages import COMMENT, FENCE, PAGES, ROOT, blocks_of, spans

import amverify

PATH = re.compile(r"(?:amverify|proofs|repro|paper_figures|tests|examples|docs)/[\w./-]*")
DOTTED = re.compile(r"(?:amverify|proofs|repro|paper_figures)(?:\.\w+)+")
FACE = re.compile(r"amv\.(\w+)")
APPS = {
    "amverify": "amverify.command.cli",
    "paper_figures": "paper_figures.command.cli",
    "repro": "repro.command.cli",
    "proofs": "proofs.command.cli",
    "proofs.pep": "proofs.pep.__main__",
}
FOREIGN = ("pip", "git", "apt", "torchrun", "pytest", "hatchling")


def ids(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_paths(page: Path):
    named = [span for span in spans(page) if PATH.fullmatch(span)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_modules(page: Path):
    named = [span for span in spans(page) if DOTTED.fullmatch(span)]
    assert [name for name in named if not found(name)] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_the_face(page: Path):
    named = {name for span in spans(page) for name in FACE.findall(span)}
    assert {name for name in named if not hasattr(amverify, name)} == set()


def found(name: str) -> bool:
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            here: object = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            if not hasattr(here, part):
                return False
            here = getattr(here, part)
        return True
    return False


def commands(page: Path) -> Iterator[str]:
    """Each command of a page: lines of its sh blocks, and what is one between backticks."""
    for block in blocks_of(page):
        if block.language == "sh":
            yield from (line for line in block.text.splitlines() if line.strip())
    yield from (s for s in spans(page) if re.match(r"(python|make|amverify|apt|pip) [\w.-]", s))


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_commands(page: Path):
    faults = {line: fault(shlex.split(line, comments=True)) for line in commands(page)}
    assert {line: said for line, said in faults.items() if said} == {}


def test_wrong_commands_are_seen():
    wrong = (
        "python -m repro table99",
        "python -m repro table2 --jobz 2",
        "python -m nothing",
        "python -m pytest tests/none.py",
        "python docs/none.py",
        "amverify autid",
        "make everything",
        "unheard of",
    )
    assert [line for line in wrong if not fault(line.split())] == []


def fault(words: list[str]) -> str:
    """What is wrong with a command; empty where nothing is seen."""
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
        words = words[1:]
    match words:
        case ["make", *rest]:
            wanted = {word for word in rest if not re.fullmatch(r"[A-Z]+=\S+", word)}
            return "" if wanted <= targets() else "no such target"
        case ["amverify", *rest]:
            return of_app("amverify", rest)
        case [python, "-m", "pytest", *rest] if python.endswith("python"):
            paths = [word for word in rest if word.startswith("tests")]
            return "" if all((ROOT / path).exists() for path in paths) else "no such tests"
        case [python, "-m", module, *rest] if python.endswith("python"):
            if module in APPS:
                return of_app(module, rest)
            file = ROOT / module.replace(".", "/")
            return "" if file.with_suffix(".py").exists() else "no such module"
        case [python, path, *_] if python.endswith("python"):
            return "" if (ROOT / path).exists() else "no such file"
        case [program, *_] if program in FOREIGN:
            return ""
    return "an unknown program"


@cache
def targets() -> set[str]:
    """What can be made."""
    rules = re.findall(r"^([\w ]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return {name for rule in rules for name in rule.split()}


def of_app(name: str, words: list[str]) -> str:
    """What is wrong with the words after a program of ours."""
    module = importlib.import_module(APPS[name])
    command = typer.main.get_command(module.app)
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"no such command: {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)} | {"--help"}
    unknown = [word for word in words if word.startswith("-") and word not in known]
    return f"no such option: {unknown}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links(page: Path):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets_of = re.findall(r"\]\(([^)\s]+)\)", text)
    assert [link for link in targets_of if not reached(page, link)] == []


def reached(page: Path, link: str) -> bool:
    """Whether a link leads to a file here, and to a heading in it."""
    if link.startswith(("https://", "http://")):
        return True
    name, _, heading = link.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not heading or heading in anchors(file))


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = COMMENT.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_wrong_links_are_seen():
    page = ROOT / "README.md"
    assert not reached(page, "docs/none.md")
    assert not reached(page, "docs/trust.md#none")
    assert reached(page, "docs/trust.md#rounding")
