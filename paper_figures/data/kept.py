"""Frames that are computed without the engine, kept until the code that decides them changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amverify.files import DOCUMENT, read_text, write
from paper_figures.data.frame import Frame
from paper_figures.data.runs import Sources
from repro.engine.cache import MISSHAPEN
from repro.engine.provenance import code_version
from repro.engine.storage import canonical_json, seal, sha256, unseal


def kept(
    sources: Sources,
    name: str,
    asked: Sequence[object],
    modules: tuple[str, ...],
    compute: Callable[[], Frame],
) -> Frame:
    """``compute()``, or what it gave before under the same name, question and code.

    Args:
        sources: whose cache it is kept in; with ``fresh`` it is computed in any case.
        name: of the file.
        asked: all that the frame depends on besides the code, for JSON.
        modules: whose code decides it.
        compute: the frame.
    """
    key = sha256(canonical_json([name, list(asked), code_version(modules)]))
    path = sources.laboratory.cache / "figures" / f"{name}-{key[:24]}.json"
    if not sources.laboratory.fresh and path.is_file():
        try:
            body = unseal(read_text(path, DOCUMENT))
            columns = body["columns"]
            if body["key"] == key and isinstance(columns, dict):
                return Frame(name, {k: tuple(column) for k, column in columns.items()})
        except (OSError, *MISSHAPEN):
            pass
    columns = {k: list(column) for k, column in compute().columns.items()}
    write(path, seal({"key": key, "columns": columns}))
    return Frame(name, {k: tuple(column) for k, column in columns.items()})
