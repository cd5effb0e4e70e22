"""Files without a published hash that we know of: only from a folder that the user names.

MNIST's and CIFAR-10's publishers give no identity that the specification records, so nothing
is downloaded for them; what the user has is read as strictly as its format allows, and its
SHA-256 goes into every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from amverify.errors import CorruptFile, DataUnavailable
from repro.data.files import DATA_VARIABLE, given_folder
from repro.data.upstream import VerifiedFile


@dataclass(frozen=True)
class LocalSource:
    """Where a data set's files usually lie below the user's folder; ``largest`` in bytes."""

    page: str
    folders: tuple[str, ...]
    parts: tuple[str, ...]
    largest: int
    gzipped: bool = False


def obtain_locally(
    dataset: str, source: LocalSource, data_dir: Path | None
) -> dict[str, VerifiedFile]:
    """Return the content of every file of ``source``, by name without ``.gz``.

    Raises DataUnavailable (with what to put where), CorruptFile for one that cannot be read
    or is too large, InvalidInput for a folder that is not there.
    """
    folder = given_folder(data_dir)
    found = {}
    for part in source.parts:
        path = None if folder is None else _first(folder, source, part)
        if path is None:
            where = f"not in {folder}" if folder else "not here: no folder was named"
            raise DataUnavailable(
                f"{dataset}: {part} is {where}; get {', '.join(source.parts)} from "
                f"{source.page}, put them into a folder's {source.folders[0]}/, and name that "
                f"folder with --data-dir or {DATA_VARIABLE}"
            )
        found[part] = VerifiedFile(str(path), _read(path, source.largest))
    return found


def _first(folder: Path, source: LocalSource, part: str) -> Path | None:
    names: Sequence[str] = (f"{part}.gz", part) if source.gzipped else (part,)
    paths = (folder / sub / name for sub in source.folders for name in names)
    return next((path for path in paths if path.is_file()), None)


def _read(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as handle:
            content = handle.read(largest + 1)
    except OSError as error:
        raise CorruptFile(f"{path}: cannot be read ({error.strerror}); correct that") from error
    if len(content) > largest:
        raise CorruptFile(f"{path}: has more than {largest} bytes; replace it by the original")
    return content
