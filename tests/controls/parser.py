"""What a parser is to the fuzzing: whole files, how it is called, what it may raise."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mutations

from amverify.errors import AmverifyError

Reader = Callable[[bytes, Path], object]


class Refusal(Exception):
    """A parser that raises nothing says by what it returns that it refuses a file."""


@dataclass(frozen=True)
class Parser:
    """How files of a kind are read.

    Args:
        seeds: makes whole files, each of which ``read`` takes without an error.
        read: takes the content and a folder in which to write it, and uses what is accepted.
        raises: all that it may raise.
        mutations: how a file is spoilt.
        sealed: gives the file its right checksum again.
        longest: bytes of a spoilt file.
        hostile: whether a seed is to be refused.
    """

    seeds: Callable[[], list[bytes]]
    read: Reader
    raises: tuple[type[Exception], ...] = (AmverifyError,)
    mutations: Sequence[mutations.Mutation] = mutations.BYTES
    sealed: Callable[[bytes], bytes] = bytes
    longest: int = 60_000
    hostile: Callable[[bytes], bool] = lambda content: False


def in_file(content: bytes, folder: Path, name: str = "input.json") -> Path:
    """A file of this content."""
    path = folder / name
    path.write_bytes(content)
    return path


def saved(write: Callable[[Path], object]) -> bytes:
    """What ``write`` puts into a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed"
        write(path)
        return path.read_bytes()


def resealed(hashed: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[bytes], bytes]:
    """The same JSON with its checksum set right, where it is an object."""

    def sealed(content: bytes) -> bytes:
        try:
            found = json.loads(content)
            return json.dumps(hashed(found)).encode() if isinstance(found, dict) else content
        except (ValueError, RecursionError, KeyError, TypeError):
            return content

    return sealed
