"""A labelled graph, and the features that the compared methods are trained on.

With A the symmetric 0/1 adjacency without loops and H the nodes' own features (N, n),

    Â = D^{-1/2} (A + I) D^{-1/2},   D = diag(row sums of A + I),
    X = [Â⁴H, Â³H, Â²H, ÂH, H]       (N, 5n),

each node is described by what lies within four steps of it, and the network itself needs
no graph. Only the rows of training, validation and test nodes are kept; the products are
taken over all nodes, some columns of H at a time: Â mixes nodes and never columns, and
after a few steps a sparse product would be all but full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from repro.data.dataset import Dataset, Split

HOPS = 4
_COLUMNS_AT_ONCE = 256
_MOST_BYTES = 8 * 2**30
_MOST_COLUMNS = 1_000_000  # products of sparse matrices allocate a vector of this length

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Graph:
    """N nodes with features, classes and a split, everything checked.

    ``adjacency`` (N, N) CSR, symmetric, 0/1, no loops; ``features`` (N, n) CSR float64;
    ``labels`` (N,) class numbers, of meaning for the nodes of the split only; ``train``,
    ``validation``, ``test`` node numbers. ``listed_edges``: half the entries of the
    published neighbour lists, which count loops and repeated edges; None where the
    format keeps no such lists.
    """

    adjacency: Any
    features: Any
    labels: Indices
    classes: int
    train: Indices
    validation: Indices
    test: Indices
    listed_edges: int | None = None


def checked_csr(
    shape: tuple[int, int],
    indptr: NDArray[Any],
    indices: NDArray[Any],
    data: NDArray[Any],
) -> Any:
    """Return the CSR matrix float64 of these parts, in canonical form.

    Raises ValueError where the parts are no CSR matrix or a value is not finite.
    """
    if any(part.ndim != 1 for part in (indptr, indices, data)):
        raise ValueError("the parts of a sparse matrix are not vectors")
    if any(part.dtype.kind not in "iu" for part in (indptr, indices)):
        raise ValueError("the positions in a sparse matrix are not integers")
    if data.dtype.kind not in "iuf":
        raise ValueError("the entries of a sparse matrix are not real numbers")
    if shape[1] > _MOST_COLUMNS:
        raise ValueError(f"a sparse matrix has more than {_MOST_COLUMNS} columns")
    if len(indptr) != shape[0] + 1 or indptr[0] != 0 or indptr[-1] != len(data):
        raise ValueError(f"a sparse matrix declared as {shape} has other row bounds")
    if (indptr[1:] < indptr[:-1]).any() or len(indices) != len(data):
        raise ValueError("the rows of a sparse matrix overlap or lack entries")
    if len(indices) and not (indices.min() >= 0 and indices.max() < shape[1]):
        raise ValueError(f"a sparse matrix declared as {shape} has entries outside it")
    if not np.isfinite(data).all():
        raise ValueError("features are NaN or infinite")
    matrix = sp.csr_array(
        (data.astype(np.float64), indices.astype(np.int64), indptr.astype(np.int64)), shape=shape
    )
    matrix.sum_duplicates()
    return matrix


def symmetric_adjacency(rows: Indices, columns: Indices, nodes: int) -> Any:
    """Return A (nodes, nodes) with A_ij = A_ji = 1 for each listed pair i ≠ j, else 0."""
    apart = rows != columns
    ends = np.concatenate([rows[apart], columns[apart]])
    starts = np.concatenate([columns[apart], rows[apart]])
    adjacency = sp.coo_array((np.ones(len(ends)), (ends, starts)), shape=(nodes, nodes)).tocsr()
    adjacency.data[:] = 1.0
    return adjacency


def normalised_adjacency(adjacency: Any) -> Any:
    """Return Â = D^{-1/2}(A + I)D^{-1/2} for the symmetric 0/1 matrix A without loops."""
    with_loops = adjacency + sp.eye_array(adjacency.shape[0], format="csr")
    scale = sp.diags_array(1.0 / np.sqrt(with_loops.sum(axis=1)))
    return (scale @ with_loops @ scale).tocsr()


def row_normalised(features: Any) -> Any:
    """Return the features with each row divided by the sum of its absolute values."""
    sums = np.asarray(abs(features).sum(axis=1))
    scale = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    return (sp.diags_array(scale) @ features).tocsr()


def propagated(adjacency: Any, features: Any, nodes: Indices) -> NDArray[np.float64]:
    """Return the rows ``nodes`` of [Â⁴H, Â³H, Â²H, ÂH, H], dense (len(nodes), 5n) float64."""
    width = features.shape[1]
    walk = normalised_adjacency(adjacency)
    by_column = features.tocsc()
    x = np.empty((len(nodes), HOPS + 1, width))
    for start in range(0, width, _COLUMNS_AT_ONCE):
        columns = slice(start, start + _COLUMNS_AT_ONCE)
        reached = by_column[:, columns].toarray()
        x[:, HOPS, columns] = reached[nodes]
        for hop in range(1, HOPS + 1):
            reached = walk @ reached
            x[:, HOPS - hop, columns] = reached[nodes]
    return x.reshape(len(nodes), (HOPS + 1) * width)


def graph_dataset(
    name: str, graph: Graph, *, row_normalise: bool, hashes: Mapping[str, str]
) -> Dataset:
    """Return the data set of ``graph``: propagated features, its split, its counts.

    Of the statistics, ``edges`` counts unordered pairs of different nodes joined at least
    once; ``edges_listed`` (Planetoid only) is half the number of entries in the published
    neighbour lists and counts repeated edges and loops as well. The published 5429 (Cora),
    4732 (Citeseer) and 44338 (Pubmed) are of the second kind. ``features`` is n, the width
    of H; the width of x is 5n. Raises ValueError when x would take more than 8 GiB.
    """
    parts = (graph.train, graph.validation, graph.test)
    nodes = np.concatenate(parts)
    needed = len(nodes) * (HOPS + 1) * graph.features.shape[1] * 8
    if needed > _MOST_BYTES:
        raise ValueError(f"its features would take {needed / 2**30:.1f} GiB of memory")
    features = row_normalised(graph.features) if row_normalise else graph.features
    x = propagated(graph.adjacency, features, nodes)
    bounds = np.cumsum([len(part) for part in parts])[:-1]
    train, validation, test = (
        Split(rows, graph.labels[part])
        for rows, part in zip(np.split(x, bounds), parts, strict=True)
    )
    statistics = {
        "nodes": graph.adjacency.shape[0],
        "edges": graph.adjacency.nnz // 2,
        "classes": graph.classes,
        "features": graph.features.shape[1],
        "train": len(train),
        "validation": len(validation),
        "test": len(test),
    }
    if graph.listed_edges is not None:
        statistics["edges_listed"] = graph.listed_edges
    return Dataset(
        name=name,
        train=train,
        validation=validation if len(validation) else None,
        test=test,
        classes=graph.classes,
        statistics=statistics,
        hashes=hashes,
    )
