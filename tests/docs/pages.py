"""The pages that people read, and what stands in them: blocks of code, words in code, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"(?:<!-- not run: (.+?) -->\n)?^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where it begins, and why it is not run."""

    page: Path
    line: int
    language: str
    text: str
    skipped: str | None

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(*languages: str) -> list[Block]:
    """The fenced blocks of all pages in these languages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def blocks_of(page: Path) -> Iterator[Block]:
    """The fenced blocks of one page."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        yield Block(page, line, found[2], found[3], found[1])


def prose(page: Path) -> str:
    """A page without its fenced blocks and comments."""
    return COMMENT.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))


def spans(page: Path) -> list[str]:
    """What stands between backticks in the prose; a span may be broken over two lines."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose(page))]
