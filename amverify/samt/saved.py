"""Checkpoints on the disk: written aside, flushed and renamed, with a checksum in front.

``torch.save`` straight to a file leaves a part of it where the process is killed, and the old one
is gone then. Here a kill leaves the old file or the new one, and a damaged one is told as such.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from amverify.errors import InvalidInput, brief, file_named, one_line
from amverify.files import opened, write_bytes

MAGIC = b"amverify checkpoint 1\n"
HELD = "it holds more than tensors, numbers, strings and lists, tuples and dicts of them"
DIGEST = hashlib.sha256().digest_size


def save_checkpoint(path: str | Path, state: Any) -> None:
    """Write what ``torch.save`` takes, whole or not at all.

    Args:
        path: the file; missing folders are made.
        state: tensors, numbers, strings, and lists, tuples and dicts of them.

    Raises:
        CannotWrite: with the reason; what was at ``path`` is then untouched.
        InvalidInput: for what could not be loaded again without being executed.
    """
    file = file_named("save_checkpoint", path)
    content = _bytes_of(state)
    _loaded(content, "state")
    write_bytes(file, MAGIC + hashlib.sha256(content).digest() + content)


def load_checkpoint(path: str | Path, map_location: Any = None) -> Any:
    """What ``save_checkpoint`` wrote; nothing in the file is executed.

    Args:
        path: the file.
        map_location: the device of the tensors, as ``torch.load`` takes it.

    Raises:
        InvalidInput: if it cannot be read, is none of ours, or is damaged.
    """
    named = file_named("load_checkpoint", path)
    try:
        with opened(named) as file:
            data = file.read()
    except OSError as error:
        raise InvalidInput(f"checkpoint {path}: {error.strerror}") from error
    if not data.startswith(MAGIC):
        raise InvalidInput(f"checkpoint {path}: it was not written by save_checkpoint")
    digest, content = data[len(MAGIC) :][:DIGEST], data[len(MAGIC) + DIGEST :]
    if hashlib.sha256(content).digest() != digest:
        raise InvalidInput(f"checkpoint {path}: it is damaged, its checksum is another")
    return _placed(content, f"checkpoint {path}", map_location)


def _bytes_of(state: Any) -> bytes:
    buffer = io.BytesIO()
    try:
        torch.save(state, buffer)
    except Exception as error:  # what Python cannot pickle, it says by many kinds
        raise InvalidInput(f"state: {HELD} ({_said(error)})") from error
    return buffer.getvalue()


def _loaded(content: bytes, what: str) -> Any:
    """On the processor, whatever device it was saved from."""
    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch says what it refuses over many lines, of many kinds
        raise InvalidInput(f"{what}: {HELD} ({_said(error)})") from error


def _placed(content: bytes, what: str, where: Any) -> Any:
    """On the device that was asked for, or that it was saved from; what fails says which it is."""
    try:
        return torch.load(io.BytesIO(content), map_location=where, weights_only=True)
    except Exception as error:
        _loaded(content, what)
        raise InvalidInput(
            f'{what}: its tensors cannot be put where map_location={brief(where)} says; "cpu" does '
            f"({_said(error)})"
        ) from error


def _said(error: Exception) -> str:
    """The kind of an error and its first sentence, without what a terminal would obey."""
    first = one_line(error).split(". ")[0]
    return f"{type(error).__name__}: {''.join(c for c in first if c.isprintable())}"
