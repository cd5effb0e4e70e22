"""A data set that is too large to fetch unasked: only from a folder that the user names.

CIFAR-10's two archives and the batches of its Python version have published MD5 sums, which are
checked; the batches of the unpacked binary version have none that we know of and are read as
strictly as their format allows. The SHA-256 of what was read goes into every result.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from amverify.errors import CorruptFile, DataUnavailable
from repro.data.files import DATA_VARIABLE, given_by, given_folder
from repro.data.upstream import VerifiedFile, reading


@dataclass(frozen=True)
class Layout:
    """Files as one archive holds them: the MD5 of each by name, None where none is known.

    They lie in one of ``folders`` below the user's ("" is that itself), or there in ``archive``,
    of MD5 ``sum``.
    """

    folders: tuple[str, ...]
    parts: Mapping[str, str | None]
    archive: str
    sum: str


@dataclass(frozen=True)
class LocalSource:
    """Where a data set can be had, and the layouts that it comes in; ``largest`` part in bytes."""

    page: str
    mirrors: tuple[str, ...]
    layouts: tuple[Layout, ...]
    largest: int


def obtain_locally(
    dataset: str, source: LocalSource, data_dir: Path | None
) -> dict[str, VerifiedFile]:
    """The content of every file of the first layout that is there, by name.

    Raises DataUnavailable (with what to put where), CorruptFile for one that cannot be read, is too
    large or is not the published one, InvalidInput for a folder that is not there.
    """
    folder = given_folder(data_dir)
    for layout in source.layouts if folder else ():
        assert folder is not None
        for place in (folder / sub for sub in layout.folders):
            if any((place / part).is_file() for part in layout.parts):
                return {p: _part(dataset, place / p, layout, source) for p in layout.parts}
        for path in (folder / sub / layout.archive for sub in layout.folders):
            if path.is_file():
                return _unpacked(path, layout, source)
    by = given_by(data_dir)
    where = f"not in {folder} (given by {by})" if folder else "not here: no folder was named"
    archives = " or ".join(layout.archive for layout in source.layouts)
    raise DataUnavailable(
        f"{dataset}: its batches are {where}; get {archives} from {source.page} (or "
        f"{', '.join(source.mirrors)}), put it, packed or unpacked, into a folder, and name that "
        f"folder with --data-dir or {DATA_VARIABLE}"
    )


def _part(dataset: str, path: Path, layout: Layout, source: LocalSource) -> VerifiedFile:
    if not path.is_file():
        raise DataUnavailable(f"{dataset}: {path.name} is not in {path.parent}, where others are")
    content = _read(path, source.largest)
    _check(path, content, layout.parts[path.name])
    return VerifiedFile(str(path), content)


def _unpacked(path: Path, layout: Layout, source: LocalSource) -> dict[str, VerifiedFile]:
    """The parts in an archive, which is the published one."""
    largest = source.largest * len(layout.parts)
    content = _read(path, largest)
    _check(path, content, layout.sum)
    with reading(VerifiedFile(str(path), content)):
        found = _members(content, layout.parts, 2 * largest)
    return {name: VerifiedFile(f"{path} ({name})", found[name]) for name in layout.parts}


def _members(content: bytes, names: Collection[str], largest: int) -> dict[str, bytes]:
    """The files of these names in a gzipped tar archive of ``largest`` bytes at most, unpacked.

    Raises ValueError, saying what is wrong.
    """
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                if member.offset_data + member.size > largest:
                    raise ValueError(f"it unpacks to more than {largest} bytes")
                name = member.name.rpartition("/")[2]
                file = archive.extractfile(member) if name in names and member.isfile() else None
                if file is not None:
                    found[name] = file.read()
    except Exception as error:  # on damage tarfile and gzip raise a dozen kinds
        raise ValueError(f"it is no readable archive ({error or type(error).__name__})") from error
    for name in names:
        if name not in found:
            raise ValueError(f"{name} is not in it")
    return found


def _check(path: Path, content: bytes, md5: str | None) -> None:
    actual = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if md5 not in (None, actual):
        raise CorruptFile(
            f"{path}: is not the published file (MD5 {actual[:10]}, expected {str(md5)[:10]}); "
            "replace it by the original"
        )


def _read(path: Path, largest: int) -> bytes:
    try:
        with path.open("rb") as handle:
            content = handle.read(largest + 1)
    except OSError as error:
        raise CorruptFile(f"{path}: cannot be read ({error.strerror}); correct that") from error
    if len(content) > largest:
        raise CorruptFile(f"{path}: has more than {largest} bytes; replace it by the original")
    return content
