r"""A document in LaTeX that fits: on A4 in one column, and across both in two.

A table that is too wide becomes several, each with the columns that say what a row is; one that is
too long goes on in the next float. (``longtable`` does neither in two columns.) Texts are broken
inside their columns, numbers are not and stand right. Widths are planned for ``LINE``, the text
width of A4 in the standard classes, and scale with a wider one. What is best of a group of rows is
bold, and so is what is within one standard error of it.

Settings, constants and where they come from are in a second text, for an appendix.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from amverify.shown.latex import escaped, widest
from repro.render.cells import Cell, Estimate
from repro.render.table import Document, Table

LINE = 345.0
r"""Points: the text width of ``\documentclass[a4paper]{article}`` in one column."""
SEP = 3.0
"""Points on each side of a column."""
HEIGHT = 490.0
"""Points of rows and caption in one float: below the text height of the standard classes."""
ROW, GAP = 10.0, 4.0
BROKEN, WHOLE = 56.0, 75.0
"""Points: no word is wider once its breaks are used; no text that is narrower is broken."""
SIZE = 8.0
FLOATS = 8
"""Floats after which LaTeX is told to set them, before it has too many."""
APPENDIX = ("settings", "constants", "source")
HEAD = "% needs \\usepackage{booktabs,array}\n"

Row = tuple[Cell, ...]


def latex(document: Document) -> str:
    """The tables without settings and constants."""
    floats = [
        text
        for table in document.shown
        if table.name not in APPENDIX
        for text in floated(without(table, APPENDIX), f"tab:{document.name}-{table.name}")
    ]
    return HEAD + "\n".join(_spaced(floats))


def latex_appendix(document: Document) -> str:
    """Settings and constants; nothing where there are none."""
    floats = [
        text
        for table in document.shown
        if (own := of_appendix(table)) is not None
        for text in floated(own, f"tab:{document.name}-{table.name}-appendix")
    ]
    return HEAD + "\n".join(_spaced(floats)) if floats else ""


def without(table: Table, keys: Sequence[str]) -> Table:
    """``table`` without these columns."""
    kept = [i for i, column in enumerate(table.columns) if column.key not in keys]
    return _only(table, kept)


def of_appendix(table: Table) -> Table | None:
    """What of ``table`` belongs into an appendix: all of one of settings, or some columns."""
    if table.name in APPENDIX:
        return table
    own = [i for i, c in enumerate(table.columns) if c.key in APPENDIX]
    if not own:
        return None
    title = f"{' and '.join(table.columns[i].title.lower() for i in own)}"
    cut = replace(table, title=f"{_untitled(table.title)}: {title}", caption="", notes=())
    return _only(cut, [*range(table.keys), *own])


def _only(table: Table, kept: Sequence[int]) -> Table:
    columns = tuple(table.columns[i] for i in kept)
    return replace(
        table, columns=columns, rows=tuple(tuple(row[i] for i in kept) for row in table.rows)
    )


def _spaced(floats: Sequence[str]) -> Iterator[str]:
    for number, text in enumerate(floats, start=1):
        yield text
        if number % FLOATS == 0:
            yield "\\clearpage\n"


@dataclass(frozen=True)
class _Part:
    """Some columns of a table, with a width in points for each that is broken, None for others."""

    columns: tuple[int, ...]
    widths: tuple[float | None, ...]


def floated(table: Table, label: str) -> Iterator[str]:
    """The floats of one table, then its notes."""
    bold = emphasised(table)
    first = True
    for part in parts(table):
        for rows in pages(table, part, HEIGHT - ROW * _caption_lines(table)):
            yield _float(table, part, rows, bold, label, first)
            first = False
    if table.notes:
        notes = "".join(f"\\par {escaped(note)}\n" for note in table.notes)
        yield (
            f"\\begin{{sloppypar}}\\footnotesize\\noindent Notes to Table~\\ref{{{label}}}:\n"
            f"{notes}\\end{{sloppypar}}\n"
        )


def parts(table: Table) -> list[_Part]:
    """The columns in as many parts as are needed for each to fit into ``LINE``."""
    keys = tuple(range(min(table.keys, len(table.columns))))
    least = [_least(table, i) + 2 * SEP for i in range(len(table.columns))]
    split = [list(keys)]
    for i in range(len(keys), len(table.columns)):
        if sum(least[j] for j in split[-1]) + least[i] > LINE and len(split[-1]) > len(keys):
            split.append(list(keys))
        split[-1].append(i)
    return [_Part(tuple(own), _widths(table, own)) for own in split]


def _widths(table: Table, own: Sequence[int]) -> tuple[float | None, ...]:
    """A width for each text that has to be broken: short ones stay whole, long ones share."""
    least = {i: _least(table, i) for i in own}
    wanted = {i: max(widest(text, SIZE) for text in _texts(table, i)) for i in own}
    numbers = [i for i in own if table.columns[i].right]
    texts = sorted((i for i in own if i not in numbers), key=lambda i: wanted[i])
    room = LINE - 2 * SEP * len(own) - sum(least[i] for i in numbers)
    found: dict[int, float] = {}
    for number, i in enumerate(texts):
        later = texts[number + 1 :]
        most = room - sum(least[j] for j in later)
        fair = max(least[i], min(wanted[i], room / (1 + len(later))))
        found[i] = max(least[i], min(fair, most))
        room -= found[i]
    broken = {i for i in texts if found[i] < wanted[i]}
    return tuple(found[i] if i in broken else None for i in own)


def _texts(table: Table, i: int) -> list[str]:
    return [table.columns[i].title, *(row[i].plain() for row in table.rows)]


def _least(table: Table, i: int) -> float:
    """Numbers and short texts whole, others broken at blanks, long words inside."""
    column = table.columns[i]
    words = [word for text in _texts(table, i) for word in text.split()] or [""]
    least = max(min(widest(word, SIZE), BROKEN) for word in words)
    if not column.right:
        least = max(least, min(WHOLE, max(widest(text, SIZE) for text in _texts(table, i))))
    if column.right:
        least = max([least, *(widest(row[i].plain(), SIZE) for row in table.rows)])
    return least


def _caption_lines(table: Table) -> float:
    return 1.2 * widest(f"{table.title} {table.caption}", 1.25 * SIZE) / LINE


def pages(table: Table, part: _Part, most: float) -> Iterator[list[list[Row]]]:
    """The rows in groups, as many at once as one float of ``most`` points holds."""
    page: list[list[Row]] = [[]]
    used = 0.0
    for group in table.groups():
        for row in group:
            height = _height(row, part)
            if used + height > most and any(page):
                yield [own for own in page if own]
                page, used = [[]], 0.0
            page[-1].append(row)
            used += height
        page.append([])
        used += GAP
    if any(page):
        yield [own for own in page if own]


def _height(row: Row, part: _Part) -> float:
    """Points of a row: its text that is broken most often."""
    lines = [1.0]
    for i, width in zip(part.columns, part.widths, strict=True):
        if width is not None:
            lines.append(math.ceil(1.15 * widest(row[i].plain(), SIZE) / width))
    return ROW * max(lines)


def _float(
    table: Table,
    part: _Part,
    groups: Sequence[Sequence[Row]],
    bold: frozenset[int],
    label: str,
    first: bool,
) -> str:
    caption = _untitled(table.title).rstrip(".") + "." + f" {table.caption}" * bool(table.caption)
    head = f"\\caption{{{escaped(caption)}}}\n\\label{{{label}}}\n"
    if not first:
        head = f"\\textit{{Table~\\ref{{{label}}}, continued}}\\par\\smallskip\n"
    body = "\\addlinespace\n".join("".join(_line(row, part, bold) for row in own) for own in groups)
    titles = " & ".join(_title(table, i, w) for i, w in _columns(part))
    return (
        f"\\begin{{table*}}[tbp]\n\\centering\\footnotesize\\setlength{{\\tabcolsep}}{{{SEP:g}pt}}\n"
        "\\setlength{\\belowcaptionskip}{4pt}\n"
        f"{head}\\begin{{tabular}}{{@{{}}{''.join(_kind(table, i, w) for i, w in _columns(part))}"
        f"@{{}}}}\n\\toprule\n{titles} \\\\\n\\midrule\n{body}"
        "\\bottomrule\n\\end{tabular}\n\\end{table*}\n"
    )


def _columns(part: _Part) -> list[tuple[int, float | None]]:
    return list(zip(part.columns, part.widths, strict=True))


def _kind(table: Table, i: int, width: float | None) -> str:
    if width is None:
        return "r" if table.columns[i].right else "l"
    return f">{{\\raggedright\\arraybackslash}}p{{{width / LINE:.3f}\\linewidth}}"


def _title(table: Table, i: int, width: float | None) -> str:
    """A column's title; over numbers in a box as wide as they are, broken where it has to be."""
    column = table.columns[i]
    room = _least(table, i)
    if width is not None or not column.right or widest(column.title, SIZE) <= room:
        return escaped(column.title)
    return f"\\parbox[b]{{{room:.0f}pt}}{{\\raggedleft\\strut {escaped(column.title)}\\strut}}"


def _line(row: Row, part: _Part, bold: frozenset[int]) -> str:
    r"""One row, ended; a first cell that begins with a bracket is no option of ``\\``."""
    cells = []
    for i in part.columns:
        text = escaped(row[i].plain()).replace("[", "{[}")
        cells.append(f"\\textbf{{{text}}}" if id(row[i]) in bold else text)
    return " & ".join(cells) + " \\\\\n"


def emphasised(table: Table) -> frozenset[int]:
    """Of each group of rows and column marked ``highest``, the best cells (by identity).

    Those are the highest mean and all within one standard error of the difference from it.
    """
    found: set[int] = set()
    for i, column in enumerate(table.columns):
        for group in table.groups() if column.highest else ():
            cells = [c for row in group if isinstance(c := row[i], Estimate) and _sound(c)]
            best = max(cells, key=lambda c: c.mean, default=None)
            found |= {id(c) for c in cells if best is not None and _near(best, c)}
    return frozenset(found)


def _sound(cell: Estimate) -> bool:
    return cell.n > 1 and not cell.diverged and math.isfinite(cell.mean)


def _near(best: Estimate, other: Estimate) -> bool:
    error = math.hypot(best.std / math.sqrt(best.n), other.std / math.sqrt(other.n))
    return best.mean - other.mean <= error


def _untitled(title: str) -> str:
    """LaTeX numbers its tables itself: "Table 2: test accuracy" is "Test accuracy"."""
    head, colon, rest = title.partition(": ")
    if colon and head.startswith("Table "):
        return rest[:1].upper() + rest[1:]
    return title
