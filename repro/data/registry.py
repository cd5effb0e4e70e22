"""The data sets by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from amverify.errors import CorruptFile, InvalidInput
from repro.data.dataset import Dataset
from repro.data.download import ProgressHook
from repro.data.files import obtain
from repro.data.generated import digits, synthetic_graph
from repro.data.gnn_benchmark import read_gnn_benchmark
from repro.data.graph import Graph, graph_dataset
from repro.data.planetoid import read_planetoid
from repro.data.upstream import Manifest, VerifiedFile, published_manifest

SPLIT_SEED = 0
_PLANETOID = ("cora", "citeseer", "pubmed")
_NAMES = (*_PLANETOID, "coauthor_cs", "digits", "synthetic_graph")


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
    """Return the data set ``name`` with its fixed split, float64 features, int64 classes.

    Files are looked for in ``data_dir`` (else the folder that the environment variable
    AMVERIFY_DATA names), then in ``cache_dir`` (else the user's cache), then downloaded
    unless ``download`` is false; each must have its published hash. ``row_normalise``
    divides each node's own features by their sum before they are propagated (graphs only).
    ``progress`` is called with (file name, bytes so far, bytes in all or None) while
    downloading. ``manifest`` replaces the table of published files and hashes; it exists
    for tests with small files.

    Raises InvalidInput for an unknown name, a folder that is not there, or
    ``row_normalise`` where it has no meaning; DataUnavailable, with what to put where, when
    files cannot be had; CorruptFile, naming the file, when one is not what it should be.
    """
    if name not in _NAMES:
        raise InvalidInput(f"unknown data set {name!r}; there are {', '.join(_NAMES)}")
    if name == "digits":
        if row_normalise:
            raise InvalidInput("digits: row normalisation is for graph features; leave it off")
        return digits(seed=SPLIT_SEED)
    if name == "synthetic_graph":
        return synthetic_graph(seed=SPLIT_SEED, row_normalise=row_normalise)
    source = (published_manifest() if manifest is None else manifest)[name]
    files = obtain(
        name,
        source,
        data_dir=data_dir,
        cache_dir=cache_dir,
        download=download,
        progress=progress,
    )
    hashes = {key: hashlib.sha256(file.content).hexdigest() for key, file in files.items()}
    try:
        return graph_dataset(name, _read(name, files), row_normalise=row_normalise, hashes=hashes)
    except ValueError as error:
        raise CorruptFile(f"{name}: {error}; replace its files by the published ones") from error


def _read(name: str, files: dict[str, VerifiedFile]) -> Graph:
    if name in _PLANETOID:
        return read_planetoid(name, files)
    (file,) = files.values()
    return read_gnn_benchmark(file, seed=SPLIT_SEED)
