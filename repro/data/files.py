"""From the name of a file to its verified content: folder given, then cache, then upstream.

A file that is *absent* sends the search on to the next place; a file that is *there but
wrong* ends it. Going on silently would hide from the user that the folder they gave holds
something other than they think.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from repro.data.download import ProgressHook, fetch
from repro.data.gunzip import unzipped
from repro.data.upstream import Source, UpstreamFile, VerifiedFile, git_blob_sha1

DATA_VARIABLE = "AMVERIFY_DATA"
_SUBFOLDERS = ("", "data", "data/npz")


def given_folder(data_dir: Path | None) -> Path | None:
    """Return ``data_dir``, else the folder that AMVERIFY_DATA names, else None.

    Raises InvalidInput when a folder is given and is not there: that is a typing mistake,
    not a wish to download.
    """
    variable = os.environ.get(DATA_VARIABLE)
    folder = data_dir or (Path(variable) if variable else None)
    if folder is None:
        return None
    folder = folder.expanduser()
    if not folder.is_dir():
        origin = "--data-dir" if data_dir else DATA_VARIABLE
        raise InvalidInput(f"{folder}: given by {origin}, but no such folder; correct the path")
    return folder


def default_cache() -> Path:
    """Return the folder that keeps downloaded data sets, in the user's cache."""
    return Path(platformdirs.user_cache_dir("amverify")) / "data"


def obtain(
    dataset: str,
    source: Source,
    *,
    data_dir: Path | None,
    cache_dir: Path | None,
    download: bool,
    progress: ProgressHook | None,
) -> dict[str, VerifiedFile]:
    """Return the verified content of every file of ``source``, by file name.

    Raises DataUnavailable (with what to put where), CorruptFile, InvalidInput.
    """
    folder = given_folder(data_dir)
    cache = default_cache() if cache_dir is None else cache_dir.expanduser()
    found = {}
    for file in source.files:
        path = next(_present(dataset, file, source, folder, cache), None)
        if path is not None:
            found[file.name] = VerifiedFile(str(path), _read_verified(path, file))
            continue
        try:
            if not download:
                raise DataUnavailable("downloading is switched off")
            found[file.name] = VerifiedFile(file.url, fetch(file, cache, progress))
        except DataUnavailable as error:
            where = f"in {folder} nor in {cache}" if folder else f"in {cache}"
            raise DataUnavailable(
                f"{dataset}: {file.name} is not {where}, and {error}; get {_listed(source)} "
                f"from {source.page}, put what you got into a folder, and name that folder "
                f"with --data-dir or {DATA_VARIABLE}"
            ) from error
    return found


def _listed(source: Source) -> str:
    return ", ".join(file.name for file in source.files)


def _present(
    dataset: str, file: UpstreamFile, source: Source, folder: Path | None, cache: Path
) -> Iterator[Path]:
    """Yield where ``file`` lies: the given folder's own layouts, the system's, the cache.

    PyTorch Geometric's layout is among them: ROOT/NAME/raw, the name in any of its spellings.
    """
    tops = [folder, folder / source.folder] if folder else []
    tops += [child / "raw" for child in _named(dataset, folder)]
    places = [top / sub for top in tops for sub in _SUBFOLDERS]
    if source.system is not None:
        places.append(Path(source.system))
    names = [file.name] if file.unzipped is None else [file.name, file.name.removesuffix(".gz")]
    for place in [*places, cache]:
        for name in names:
            if os.path.lexists(place / name):
                yield place / name


def _named(dataset: str, folder: Path | None) -> list[Path]:
    """The folders below ``folder`` that bear the data set's name, in capitals or not."""
    below = sorted(folder.iterdir()) if folder else []
    return [child for child in below if child.name.lower() == dataset and child.is_dir()]


def _read_verified(path: Path, file: UpstreamFile) -> bytes:
    """Return the content of ``path`` if it is the published one; else raise CorruptFile."""
    advice = f"replace it by {file.url}, or remove it to have it fetched"
    limit = file.limit if file.unzipped is None else file.largest
    try:
        with path.open("rb") as handle:
            content = handle.read(limit + 1)
    except OSError as error:
        raise CorruptFile(f"{path}: cannot be read ({error.strerror}); {advice}") from error
    if len(content) > limit:
        raise CorruptFile(f"{path}: has more than the {limit} bytes expected; {advice}")
    if file.unzipped is not None and _holds(content, file):
        return content
    if file.size is not None and len(content) < file.size:
        raise CorruptFile(f"{path}: has {len(content)} of {file.size} bytes; {advice}")
    actual = git_blob_sha1(content)
    if actual != file.sha1:
        raise CorruptFile(
            f"{path}: is not the published file (git blob {actual[:10]}, "
            f"expected {file.sha1[:10]}); {advice}"
        )
    return content


def _holds(content: bytes, file: UpstreamFile) -> bool:
    """Whether ``content``, unpacked if it is gzip, is what the published file holds."""
    try:
        data = unzipped(content, file.largest)
    except ValueError:
        return False
    return hashlib.sha256(data).hexdigest() == file.unzipped
