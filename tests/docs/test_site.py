"""The site: built once with warnings as errors, looked at offline."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from pages import ROOT

import amverify
from amverify.theorems import CATALOGUE
from proofs.theorems.catalogue import ORDER

for needed in ("mkdocs", "material", "mkdocstrings_handlers.python"):
    pytest.importorskip(needed, reason="the extra docs is not installed")

LOADED = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
"""What a browser fetches by itself."""


class Page(HTMLParser):
    """What stands on a page: its anchors, its links, what it loads, and its text."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.text = ""
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.anchors |= {name for key in ("id", "name") if (name := found.get(key))}
        if tag == "a" and found.get("href"):
            self.links.append(str(found["href"]))
        if found.get(LOADED.get(tag, "")):
            self.loads.append(str(found[LOADED[tag]]))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """Every page by its file; 404 alone has links that only a server resolves."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = (file for file in folder.rglob("*.html") if file.name != "404.html")
    return {file: Page(file) for file in files}


def test_every_link_leads_somewhere(site: dict[Path, Page]):
    assert [(str(f), link) for f, page in site.items() for link in broken(f, page, site)] == []


def broken(file: Path, page: Page, site: dict[Path, Page]) -> Iterator[str]:
    """The links of a page that lead to no file, or to no place in it."""
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        target = target / "index.html" if target.is_dir() else target
        there = target.exists() and (
            not parts.fragment
            or target not in site
            or unquote(parts.fragment) in anchors(site, target)
        )
        if not there:
            yield link


def anchors(site: dict[Path, Page], file: Path) -> set[str]:
    """Where a link may lead on a page; to its top always."""
    return site[file].anchors | {"__skip"}


def test_a_broken_link_is_seen(site: dict[Path, Page], tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text('<a href="none.html">x</a><a href="#none">x</a><a href="#here" id="here">x</a>')
    assert list(broken(file, Page(file), {file: Page(file)})) == ["none.html", "#none"]


def test_nothing_is_fetched_from_elsewhere(site: dict[Path, Page]):
    loads = {load for page in site.values() for load in page.loads}
    assert {load for load in loads if urlsplit(load).scheme or load.startswith("//")} == set()


def test_every_theorem_has_its_section_and_every_proof_its_certificate(site: dict[Path, Page]):
    text = "".join(page.text for file, page in site.items() if file.parent.name == "theory")
    assert {name for name in CATALOGUE if f"{name}: {CATALOGUE[name].title}" not in text} == set()
    assert {name for name in ORDER if f"proofs/certificates/{name}.json" not in text} == set()
    for theorem in CATALOGUE.values():
        assert {said.text for said in theorem.unmonitored if said.text not in text} == set()


def test_every_public_name_is_in_the_reference(site: dict[Path, Page]):
    found = set().union(*(p.anchors for f, p in site.items() if f.parent.name == "reference"))
    assert {name for name in PUBLIC if f"amverify.{name}" not in found} == set()


PUBLIC = set(amverify.__all__) - {"__version__"}
