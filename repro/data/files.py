"""From the name of a file to its verified content: folder given, then cache, then upstream.

A file that is *absent* sends the search on to the next place; a file that is *there but
wrong* ends it. Going on silently would hide from the user that the folder they gave holds
something other than they think.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from repro.data.download import ProgressHook, fetch
from repro.data.gunzip import unzipped
from repro.data.keras import idx_files
from repro.data.upstream import Source, UpstreamFile, VerifiedFile, git_blob_sha1

DATA_VARIABLE = "AMVERIFY_DATA"
_SUBFOLDERS = ("", "data", "data/npz")
_ALIASES = {"coauthor_cs": ("coauthor_cs", "cs")}  # PyTorch Geometric's Coauthor(root, "CS")


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
        origin = given_by(data_dir)
        raise InvalidInput(f"{folder}: given by {origin}, but no such folder; correct the path")
    return folder


def given_by(data_dir: Path | None) -> str:
    """What named the folder: the option, else the variable."""
    return "--data-dir" if data_dir else DATA_VARIABLE


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
        if (bundle := _bundle(dataset, source, folder)) is not None:
            return _unbundled(bundle, source)
        try:
            if not download:
                raise DataUnavailable("nothing is downloaded now")
            found[file.name] = VerifiedFile(file.url, fetch(file, cache, progress))
        except DataUnavailable as error:
            where = f"in {cache}"
            if folder:
                where = f"in {folder} (given by {given_by(data_dir)}) nor in the cache {cache}"
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

    PyTorch Geometric's and torchvision's layouts are among them: ROOT/NAME/raw, the name in any of
    its spellings.
    """
    places = [top / sub for top in _tops(dataset, source, folder) for sub in _SUBFOLDERS]
    if source.system is not None:
        places.append(Path(source.system))
    names = [file.name] if file.unzipped is None else [file.name, file.name.removesuffix(".gz")]
    for place in [*places, cache]:
        for name in names:
            if os.path.lexists(place / name):
                yield place / name


def _tops(dataset: str, source: Source, folder: Path | None) -> list[Path]:
    """The given folder, the usual one in it, and those with the data set's name; none without."""
    if folder is None:
        return []
    named = [top / sub for top in _named(dataset, folder) for sub in ("", "raw")]
    return [folder, folder / source.folder, *named]


def _named(dataset: str, folder: Path) -> list[Path]:
    """The folders below ``folder`` that bear the data set's name, however it is spelt.

    Capitals, hyphens and underscores do not matter: FashionMNIST, CiteSeer.
    """
    wanted = _ALIASES.get(dataset, (dataset,))
    return [
        child
        for child in sorted(folder.iterdir())
        if re.sub("[-_]", "", child.name.lower()) in {re.sub("[-_]", "", name) for name in wanted}
        and child.is_dir()
    ]


def _bundle(dataset: str, source: Source, folder: Path | None) -> Path | None:
    """The one file below the given folder that holds all of them, if there is one."""
    if source.bundle is None:
        return None
    paths = (top / source.bundle for top in _tops(dataset, source, folder))
    return next((path for path in paths if os.path.lexists(path)), None)


def _unbundled(path: Path, source: Source) -> dict[str, VerifiedFile]:
    """The files in the bundle at ``path``, each what the published one holds."""
    advice = "replace it by the original, or remove it to have the files fetched"
    limit = sum(file.largest for file in source.files)
    content = _content(path, limit, advice)
    try:
        parts = idx_files(content)
    except ValueError as error:
        raise CorruptFile(f"{path}: {error}; {advice}") from error
    found = {}
    for file in source.files:
        part = file.name.removesuffix(".gz")
        if not _holds(parts[part], file):
            raise CorruptFile(f"{path}: holds another {part} than the published one; {advice}")
        found[file.name] = VerifiedFile(f"{path} ({part})", parts[part])
    return found


def _content(path: Path, limit: int, advice: str) -> bytes:
    """What the file at ``path`` holds, if that is ``limit`` bytes at most; else CorruptFile."""
    try:
        with path.open("rb") as handle:
            content = handle.read(limit + 1)
    except OSError as error:
        raise CorruptFile(f"{path}: cannot be read ({error.strerror}); {advice}") from error
    if len(content) > limit:
        raise CorruptFile(f"{path}: has more than the {limit} bytes expected; {advice}")
    return content


def _read_verified(path: Path, file: UpstreamFile) -> bytes:
    """Return the content of ``path`` if it is the published one; else raise CorruptFile."""
    advice = f"replace it by {file.url}, or remove it to have it fetched"
    limit = file.limit if file.unzipped is None else file.largest
    content = _content(path, limit, advice)
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
