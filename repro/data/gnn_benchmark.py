"""The gnn-benchmark format: one ``.npz`` with a sparse graph, sparse features, labels.

The archive also holds names of nodes and classes as pickled objects; they are not opened.
``adj_{data,indices,indptr,shape}`` may list each edge once or twice: A is made symmetric
and 0/1, without loops. ``attr_*`` are the features as published, ``labels`` (N,) class
numbers. There is no public split; ours takes 20 nodes of each class for training, 30 of
each for validation and 1,000 of the rest for testing, from a fixed seed.

Source: Shchur, Mumme, Bojchevski & Günnemann, "Pitfalls of Graph Neural Network
Evaluation" (2018).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from repro.data.graph import Graph, checked_csr, symmetric_adjacency
from repro.data.npz import members
from repro.data.splits import per_class_split
from repro.data.upstream import VerifiedFile, reading

_MOST_BYTES = 2**29
_MOST_CLASSES = 1000
_SPARSE = ("shape", "indptr", "indices", "data")


def read_gnn_benchmark(file: VerifiedFile, *, seed: int) -> Graph:
    """Return the graph in ``file`` with its split from ``seed``; raises CorruptFile."""
    with reading(file) as content:
        names = [f"{matrix}_{part}" for matrix in ("adj", "attr") for part in _SPARSE]
        arrays = members(content, [*names, "labels"], _MOST_BYTES)
        links = _csr(arrays, "adj")
        features = _csr(arrays, "attr")
        labels = _labels(arrays["labels"])
        nodes = len(labels)
        if links.shape != (nodes, nodes) or features.shape[0] != nodes:
            raise ValueError(
                f"{nodes} labels, links {links.shape} and features {features.shape} do not agree"
            )
        rows, columns = links.nonzero()
        train, validation, test = per_class_split(labels, seed=seed)
    return Graph(
        adjacency=symmetric_adjacency(rows, columns, nodes),
        features=features,
        labels=labels,
        classes=int(labels.max()) + 1,
        train=train,
        validation=validation,
        test=test,
    )


def _csr(arrays: dict[str, NDArray[Any]], matrix: str) -> Any:
    shape, indptr, indices, data = (arrays[f"{matrix}_{part}"] for part in _SPARSE)
    if shape.shape != (2,) or shape.dtype.kind not in "iu" or (shape < 0).any():
        raise ValueError(f"{matrix}_shape is not a pair of counts")
    return checked_csr((int(shape[0]), int(shape[1])), indptr, indices, data)


def _labels(labels: NDArray[Any]) -> NDArray[np.int64]:
    if labels.ndim != 1 or labels.dtype.kind not in "iu" or not len(labels):
        raise ValueError("labels is not a vector of class numbers")
    if labels.min() < 0 or labels.max() >= _MOST_CLASSES:
        raise ValueError(f"a label lies outside 0 to {_MOST_CLASSES - 1}")
    return labels.astype(np.int64)
