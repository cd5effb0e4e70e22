"""The site's pages that no file in docs/ is: made at each build, by mkdocs (``mkdocs.yml``).

* ``index``, ``contributing``, ``changelog`` are the README and its sisters here; ``licence``
  and ``citation`` show the files of these names. Links between them and docs/ lead to the pages.
* ``theory/``: the theorem objects (``docs/theory.py``).
* ``reference/``: the names of ``amverify.__all__``, in the groups of the package's docstring.
* A page of docs/ that ``nav`` does not name stands under its last heading, *More*.
"""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import amverify

ROOT = Path(__file__).resolve().parents[1]
BESIDE = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "CITATION.cff": "citation.md",
    "LICENSE": "licence.md",
}
"""Files outside docs/ and the pages that show them."""
INTO = re.compile(r"(\]\()(?:docs/)?([\w./-]+)((?:#[\w-]+)?\))")
BESIDES = re.compile(r"(\]\()\.\./([\w.-]+)((?:#[\w-]+)?\))")
COMMENT = re.compile(r"^<!-- .*? -->\n", re.MULTILINE | re.DOTALL)
GROUP = re.compile(r"^\| ([^|]*)\|(.*)\|$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Complete ``nav``: pages that were made, and pages that nobody named."""
    theory = runpy.run_path(str(ROOT / "docs" / "theory.py"))
    config.extra["made"] = made = dict(beside()) | {
        f"theory/{name}.md": text for name, text in theory["pages"]().items()
    }
    made |= dict(reference())
    named = set(_named(config.nav))
    nav: list[Any] = config.nav or []
    _under(nav, "Theory").extend(sorted_as(made, "theory/"))
    _under(nav, "Reference").extend(sorted_as(made, "reference/"))
    written = {path.name for path in (ROOT / "docs").glob("*.md")} | set(BESIDE.values())
    _under(nav, "More").extend(sorted(written - named))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made."""
    for name, text in config.extra["made"].items():
        files.append(File.generated(config, name, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Leave the marks of docs/tables.py out; links to files beside docs/ lead to their pages."""
    return BESIDES.sub(_turned, COMMENT.sub("\n", markdown))


def beside() -> Iterator[tuple[str, str]]:
    """The files beside docs/ as pages."""
    for name, page in BESIDE.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        yield (
            page,
            INTO.sub(_turned, text)
            if name.endswith(".md")
            else f"# {page[:-3].title()}\n\n```text\n{text}```\n",
        )


def _turned(found: re.Match[str]) -> str:
    """A link as a link between pages."""
    return f"{found[1]}{BESIDE.get(found[2], found[2])}{found[3]}"


def reference() -> Iterator[tuple[str, str]]:
    """A page for each group of public names, by the table in the package's docstring."""
    groups: list[tuple[str, list[str]]] = []
    for use, names in GROUP.findall(amverify.__doc__ or "")[1:]:
        if use.strip():
            groups.append((use.strip(), []))
        groups[-1][1].extend(re.findall(r"``(\w+)``", names))
    for use, names in groups:
        parts = "\n\n".join(f"::: amverify.{name}" for name in names)
        page = re.sub(r"\W+", "-", use.partition("(")[0].strip().lower())
        yield f"reference/{page}.md", f"# To {use}\n\n{parts}\n"


def sorted_as(made: dict[str, str], folder: str) -> list[str]:
    """The made pages of a folder, in the order in which they were made."""
    return [name for name in made if name.startswith(folder)]


def _under(nav: list[Any], heading: str) -> list[Any]:
    """The pages under a heading; a new one if there is none."""
    for entry in nav:
        if isinstance(entry, dict) and heading in entry:
            found: list[Any] = entry[heading]
            return found
    nav.append({heading: []})
    return nav[-1][heading]


def _named(nav: Any) -> Iterator[str]:
    """The pages that a part of ``nav`` names."""
    if isinstance(nav, str):
        yield nav
    for part in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _named(part)
