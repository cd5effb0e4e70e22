"""Sealed documents, and folders that can be written to.

A cached run carries its own checksum: what was cut off or edited is computed again, not read.
Files are written by :func:`amverify.files.write`, whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from amverify.files import Aside, cannot_write


def check_writable(folder: Path) -> None:
    """Make ``folder`` if need be and try whether a file can be made in it.

    Raises :class:`CannotWrite` with the reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        Aside(folder / "probe").drop()
    except OSError as error:
        raise cannot_write(folder, error) from error


def canonical_json(value: object) -> str:
    """``value`` as the one JSON text that its checksum is taken over (no NaN, keys sorted)."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def sha256(text: str) -> str:
    """SHA-256 of ``text`` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def seal(body: Mapping[str, object]) -> str:
    """``body`` as a JSON document that carries its own checksum."""
    return json.dumps({"checksum": sha256(canonical_json(body)), "body": body}, allow_nan=False)


def unseal(text: str) -> dict[str, object]:
    """The body of a document made by :func:`seal`; ValueError when it is not what was sealed."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict) or not isinstance(document.get("body"), dict):
        raise ValueError("not a sealed document")
    body: dict[str, object] = document["body"]
    if document.get("checksum") != sha256(canonical_json(body)):
        raise ValueError("its checksum does not match its content")
    return body
