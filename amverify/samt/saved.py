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

from amverify.errors import InvalidInput, file_named
from amverify.files import opened, write_bytes

MAGIC = b"amverify checkpoint 1\n"
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
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getvalue()
    _loaded(content, "state: it")
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
    return _loaded(content, f"checkpoint {path}: it", map_location)


def _loaded(content: bytes, what: str, map_location: Any = None) -> Any:
    try:
        return torch.load(io.BytesIO(content), map_location=map_location, weights_only=True)
    except Exception as error:  # torch says what it refuses over many lines, of many kinds
        said = str(error).splitlines() or [""]
        raise InvalidInput(
            f"{what} holds more than tensors, numbers, strings and lists, tuples and dicts of them "
            f"({type(error).__name__}: {said[0][:160]})"
        ) from error
