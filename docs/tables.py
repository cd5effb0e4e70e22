"""Writes tables into the pages of docs/, from what the programs say; nobody types them.

    python -m repro table1 && python docs/tables.py table1      # from results/table1.*
    python docs/tables.py table1 table10 --results elsewhere
    python docs/tables.py proofs                                # runs python -m proofs check
    make bench > bench.log && python docs/tables.py performance --bench bench.log

In a page, what stands between two marks is replaced, and a line says by which command and at which
commit it was made:

    <!-- table: table1 -->             the table of results/table1.md
    <!-- end -->

    <!-- table: table6 joint -->       the one of its tables that has this name
    <!-- end -->

    <!-- grid: table10 dataset method / theorem / verdict -->
    <!-- end -->

    <!-- performance: samt -->        the lines of `make bench` that tell of it
    <!-- end -->

A grid has a row for each pair of the first columns, a column for each value of the second, and the
sign of the verdict in the cells; it is made of results/table10.json.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from amverify.files import write
from amverify.report.words import MARKS
from amverify.verdict import Verdict

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(
    r"(<!-- (table|grid|proofs|performance)(?:: (\S+)(?: ([^\n]*?))?)? -->\n)[\s\S]*?(<!-- end -->)"
)
Body = Callable[[str, str, str], str | None]
"""From a mark's kind, name and rest to what is to stand there; None leaves it as it is."""


def replaced(page: str, body: Body) -> str:
    """``page`` with new contents between its marks."""

    def one(found: re.Match[str]) -> str:
        text = body(found[2], found[3] or found[2], found[4] or "")
        return found[0] if text is None else f"{found[1]}{text.rstrip()}\n{found[5]}"

    return MARK.sub(one, page)


def of_results(folder: Path, names: Sequence[str]) -> Body:
    """Contents from the files that ``python -m repro`` wrote."""

    def body(kind: str, name: str, rest: str) -> str | None:
        if name not in names or kind not in ("table", "grid"):
            return None
        document = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        if kind == "table":
            text = (folder / f"{name}.md").read_text(encoding="utf-8")
            rows = table([own["name"] for own in document["tables"]], text, rest)
        else:
            rows = grid(document["tables"][0]["rows"], *(part.split() for part in rest.split("/")))
        return f"{origin(document['provenance'])}\n\n{rows}"

    return body


def table(names: list[str], text: str, wanted: str) -> str:
    """The rows of the table of that name in a document of Markdown, or of its first."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    chosen = parts[names.index(wanted) if wanted else 0]
    return "\n".join(line for line in chosen.splitlines() if line.startswith("|"))


def origin(provenance: dict[str, Any]) -> str:
    """The command and the commit, in a sentence."""
    command = " ".join(part for part in provenance["command"] if part != "--no-download")
    environment = provenance["environment"]
    dirty = ", with uncommitted changes" if environment["dirty"] else ""
    return f"`{command}` at commit {environment['commit'][:7]}{dirty}:"


def grid(rows: list[dict[str, Any]], down: list[str], across: list[str], cell: list[str]) -> str:
    """A row for each value of ``down``, a column for each of ``across``, signs of verdicts."""
    heads = list(dict.fromkeys(row[across[0]]["text"] for row in rows))
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        key = tuple(row[name]["text"] for name in down)
        found.setdefault(key, {})[row[across[0]]["text"]] = sign(row[cell[0]]["text"])
    lines = [[*(name.capitalize() for name in down), *heads], ["---"] * (len(down) + len(heads))]
    lines += [[*key, *(cells.get(head, "") for head in heads)] for key, cells in found.items()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def sign(text: str) -> str:
    """The sign of a verdict: a table's words have spaces for underscores, and may say how many."""
    words, bracket, count = text.partition(" (")
    return f"{MARKS[Verdict(words.replace(' ', '_'))]}{bracket}{count}"


def head() -> str:
    """The commit that is checked out, seven digits."""
    asked = ["git", "rev-parse", "--short=7", "HEAD"]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def of_proofs() -> Body:
    """Contents from the exact checker, run now."""
    environment = {**os.environ, "COLUMNS": "110"}
    command = [sys.executable, "-m", "proofs", "check"]
    said = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout
    lines = "\n".join(line.rstrip() for line in said.splitlines())
    text = f"`python -m proofs check` at commit {head()}:\n\n```text\n{lines}\n```"
    return lambda kind, name, rest: text if kind == "proofs" else None


LINES = {
    "audit": r"on [\d,]+ rows: ",
    "samt": r"median of the ratios|medians of one run.*\d$",
    "memory": r"of SGD's, peak",
    "sweep": r"Adam's epoch",
    "floor": r"x its floor",
    "replicates": r"ten seeds in one run",
    "depth": r"linear in depth within",
    "recording": r"recorded in float|Adam epoch",
    "target": r"final test accuracy",
}
"""By what a part of the page knows its lines in the output of ``make bench``."""


def of_bench(log: Path, commit: str) -> Body:
    """Contents from what ``make bench`` printed at that commit, word for word."""
    lines = [line.rstrip() for line in log.read_text(encoding="utf-8").splitlines()]

    def body(kind: str, name: str, rest: str) -> str | None:
        if kind != "performance":
            return None
        found = "\n".join(line for line in lines if re.search(LINES[name], line))
        return f"`make bench` at commit {commit}:\n\n```text\n{found}\n```"

    return body


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="a table, 'proofs' or 'performance'"
    )
    parser.add_argument("--results", type=Path, default=ROOT / "results", metavar="FOLDER")
    parser.add_argument("--bench", type=Path, metavar="FILE", help="what make bench printed")
    parser.add_argument("--commit", default=head(), help="at which it was run (default: the last)")
    given = parser.parse_args()
    tables = [name for name in given.names if name not in ("proofs", "performance")]
    if "performance" in given.names and given.bench is None:
        parser.error("performance: give --bench FILE, the output of make bench")
    bodies = [of_results(given.results, tables)] if tables else []
    bodies += [of_proofs()] if "proofs" in given.names else []
    bodies += [of_bench(given.bench, given.commit)] if "performance" in given.names else []
    for page in sorted((ROOT / "docs").glob("*.md")):
        before = after = page.read_text(encoding="utf-8")
        for body in bodies:
            after = replaced(after, body)
        if after != before:
            write(page, after)
            print(page.relative_to(ROOT))


if __name__ == "__main__":
    main()
