"""What the tables of ``python -m repro`` wrote, read for figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from amverify.errors import CorruptFile, DataUnavailable
from amverify.files import read_json


def documents(folder: Path, names: Sequence[str]) -> list[dict[str, Any]]:
    """Those of the tables ``names`` that are there, as their JSON files have them.

    Raises:
        DataUnavailable: if not one is there, with the command that makes one.
        CorruptFile: if a file is none of a table.
    """
    found = [_read(path) for name in names if (path := folder / f"{name}.json").is_file()]
    if not found:
        raise DataUnavailable(
            f"none of {', '.join(f'{name}.json' for name in names)} is in {folder}: "
            f"python -m repro {names[0]}"
        )
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        whole = read_json(path)
        if isinstance(whole, dict) and isinstance(whole["tables"], list):
            return whole
    except (OSError, ValueError, KeyError):
        pass
    raise CorruptFile(
        f"{path.name} is no table's JSON: make it again by python -m repro {path.stem}"
    )


@contextmanager
def shaped(*names: str) -> Iterator[None]:
    """What is missing or of another kind in the documents read within is their files' fault.

    Raises:
        CorruptFile: then.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
        raise CorruptFile(
            f"{' or '.join(f'{name}.json' for name in names)} is not as python -m repro writes it "
            f"({type(error).__name__}: {error}): make it again"
        ) from error


def origins(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Where each document comes from: the command, the code and the machine."""
    kept = ("command", "environment", "data_hashes")
    return {
        "tables": {
            document["document"]: {k: v for k, v in document["provenance"].items() if k in kept}
            for document in found
        }
    }
