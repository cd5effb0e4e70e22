"""The data sets by name.

The readers are imported by what reads: to say whether a data set is at hand takes neither scipy
nor scikit-learn.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from amverify.errors import CorruptFile, InvalidInput
from repro.data import cifar, idx
from repro.data.dataset import Dataset
from repro.data.download import ProgressHook
from repro.data.files import obtain
from repro.data.local import obtain_locally
from repro.data.upstream import Manifest, VerifiedFile, published_manifest

if TYPE_CHECKING:
    from repro.data.graph import Graph
    from repro.data.images import Pixels

SPLIT_SEED = 0
_PLANETOID = ("cora", "citeseer", "pubmed")
_LOCAL = {"cifar10": cifar.SOURCE}
_IMAGES = ("fashion_mnist", "mnist", *_LOCAL)
_GENERATED = ("digits", "synthetic_graph", "few_digits")
_NAMES = (*_PLANETOID, "coauthor_cs", "digits", *_IMAGES, "synthetic_graph", "few_digits")


def names() -> tuple[str, ...]:
    """Return the names that ``load`` knows, in the order in which tables show them."""
    return _NAMES


def load(
    name: str,
    *,
    data_dir: Path | None = None,
    cache_dir: Path | None = None,
    download: bool = True,
    row_normalise: bool = False,
    progress: ProgressHook | None = None,
    manifest: Manifest | None = None,
) -> Dataset:
    """Return the data set ``name`` with its fixed split, real features, int64 classes.

    Files are looked for in ``data_dir`` (else the folder that the environment variable
    AMVERIFY_DATA names), then in ``cache_dir`` (else the user's cache), then downloaded
    unless ``download`` is false; each must have its published hash. ``row_normalise``
    divides each node's own features by their sum before they are propagated (graphs only).
    CIFAR-10 is not downloaded (``local``).
    ``progress`` is called with (file name, bytes so far, bytes in all or None) while
    downloading. ``manifest`` replaces the table of published files and hashes; it exists
    for tests with small files.

    Raises InvalidInput for an unknown name, a folder that is not there, or
    ``row_normalise`` where it has no meaning; DataUnavailable, with what to put where, when
    files cannot be had; CorruptFile, naming the file, when one is not what it should be.
    """
    _check_name(name)
    if row_normalise and name in ("digits", "few_digits", *_IMAGES):
        raise InvalidInput(f"{name}: row normalisation is for graph features; leave it off")
    if name in _GENERATED:
        return _generated(name, row_normalise)
    files = _obtained(name, data_dir, cache_dir, download, progress, manifest)
    hashes = {key: hashlib.sha256(file.content).hexdigest() for key, file in files.items()}
    try:
        if name in _IMAGES:
            from repro.data.images import image_dataset

            train, test = _pixels(name, files)
            return image_dataset(name, train, test, seed=SPLIT_SEED, hashes=hashes)
        from repro.data.graph import graph_dataset

        return graph_dataset(name, _read(name, files), row_normalise=row_normalise, hashes=hashes)
    except ValueError as error:
        raise CorruptFile(f"{name}: {error}; replace its files by the published ones") from error


def at_hand(name: str, data_dir: Path | None = None) -> None:
    """Return if ``load`` would find the files of ``name`` without a download, as published.

    Their hashes are checked, where they are known; what the files hold is not read.

    Raises as ``load`` does.
    """
    _check_name(name)
    if name not in _GENERATED:
        _obtained(name, data_dir, None, False, None, None)


def _check_name(name: str) -> None:
    if name not in _NAMES:
        raise InvalidInput(f"unknown data set {name!r}; there are {', '.join(_NAMES)}")


def _obtained(
    name: str,
    data_dir: Path | None,
    cache_dir: Path | None,
    download: bool,
    progress: ProgressHook | None,
    manifest: Manifest | None,
) -> dict[str, VerifiedFile]:
    if name in _LOCAL:
        return obtain_locally(name, _LOCAL[name], data_dir)
    return obtain(
        name,
        (published_manifest() if manifest is None else manifest)[name],
        data_dir=data_dir,
        cache_dir=cache_dir,
        download=download,
        progress=progress,
    )


def _generated(name: str, row_normalise: bool) -> Dataset:
    from repro.data.generated import digits, few_digits, synthetic_graph

    if name == "synthetic_graph":
        return synthetic_graph(seed=SPLIT_SEED, row_normalise=row_normalise)
    return (digits if name == "digits" else few_digits)(seed=SPLIT_SEED)


def _pixels(name: str, files: dict[str, VerifiedFile]) -> tuple[Pixels, Pixels]:
    if name == "cifar10":
        return cifar.read_pixels(files)
    return idx.read_pixels({key.removesuffix(".gz"): file for key, file in files.items()})


def _read(name: str, files: dict[str, VerifiedFile]) -> Graph:
    if name in _PLANETOID:
        from repro.data.planetoid import read_planetoid

        return read_planetoid(name, files)
    from repro.data.gnn_benchmark import read_gnn_benchmark

    (file,) = files.values()
    return read_gnn_benchmark(file, seed=SPLIT_SEED)
