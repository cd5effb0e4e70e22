"""The Planetoid format: eight files ``ind.NAME.PART`` with the public split in them.

``x, y`` are the labelled training nodes, ``allx, ally`` all nodes but the test nodes (the
training nodes first), ``tx, ty`` the test nodes in the order of ``test.index``, ``graph``
the neighbour lists. Features are CSR matrices, labels one-hot rows. Node i < len(allx) is
row i of allx; node test.index[i] is row i of tx. Citeseer has nodes beyond allx that
test.index does not name: they are isolated, get zero features, and belong to no split.

Split (Yang, Cohen & Salakhutdinov, ICML 2016): training = the first len(y) nodes,
validation = the next 500, test = test.index.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from repro.data.graph import Graph, Indices, checked_csr, symmetric_adjacency
from repro.data.unpickle import SparseParts, read_pickle
from repro.data.upstream import VerifiedFile, reading

_VALIDATION_NODES = 500
_LONGEST_INDEX = 12
_PARTS = ("x", "y", "tx", "ty", "allx", "ally", "graph", "test.index")


def read_planetoid(name: str, files: Mapping[str, VerifiedFile]) -> Graph:
    """Return the graph in the eight files of data set ``name``; raises CorruptFile."""
    part = {suffix: files[f"ind.{name}.{suffix}"] for suffix in _PARTS}
    x, tx, allx = (_features(part[suffix]) for suffix in ("x", "tx", "allx"))
    y, ty, ally = (_labels(part[suffix]) for suffix in ("y", "ty", "ally"))
    with reading(part["allx"]):
        _agree(x, tx, allx, "features")
    with reading(part["ally"]):
        _agree(y, ty, ally, "classes")
    for suffix, matrix, one_hot in (("y", x, y), ("ty", tx, ty), ("ally", allx, ally)):
        with reading(part[suffix]):
            if len(one_hot) != matrix.shape[0]:
                raise ValueError(f"labels {len(one_hot)} nodes, features {matrix.shape[0]}")
    with reading(part["test.index"]) as content:
        test = _test_index(content, first=len(ally), count=len(ty))
    nodes = int(test.max()) + 1
    with reading(part["graph"]) as content:
        rows, columns = _pairs(read_pickle(content), nodes)
    train = np.arange(len(y))
    validation = np.arange(len(y), min(len(y) + _VALIDATION_NODES, len(ally)))
    labels = np.zeros(nodes, dtype=np.int64)
    with reading(part["ally"]):
        labels[validation] = _classes(ally[validation])
    with reading(part["y"]):
        labels[train] = _classes(y)
        if len(np.unique(labels[train])) < 2:
            raise ValueError("the training nodes are not of two classes or more")
    with reading(part["ty"]):
        labels[test] = _classes(ty)
    return Graph(
        adjacency=symmetric_adjacency(rows, columns, nodes),
        features=_assembled(allx, tx, test, nodes),
        labels=labels,
        classes=y.shape[1],
        train=train,
        validation=validation,
        test=np.sort(test),
        listed_edges=len(rows) // 2,
    )


def _features(file: VerifiedFile) -> Any:
    with reading(file) as content:
        parts = read_pickle(content)
        if not isinstance(parts, SparseParts):
            raise ValueError("it holds no csr_matrix")
        return checked_csr(*parts)


def _labels(file: VerifiedFile) -> NDArray[np.int64]:
    with reading(file) as content:
        labels = read_pickle(content)
        if not isinstance(labels, np.ndarray) or labels.ndim != 2 or labels.dtype.kind != "i":
            raise ValueError("it holds no matrix of integers")
        if 0 in labels.shape:
            raise ValueError(f"it labels no node or with no class: its shape is {labels.shape}")
        return labels.astype(np.int64)


def _agree(training: Any, test: Any, others: Any, what: str) -> None:
    widths = {part.shape[1] for part in (training, test, others)}
    if len(widths) > 1:
        raise ValueError(f"training, test and all nodes differ in the number of {what}")
    if training.shape[0] > others.shape[0]:
        raise ValueError(f"{training.shape[0]} training nodes among {others.shape[0]} nodes")


def _classes(one_hot: NDArray[np.int64]) -> Indices:
    """Return the class numbers of rows with one 1 and otherwise 0."""
    if not (np.isin(one_hot, (0, 1)).all() and (one_hot.sum(axis=1) == 1).all()):
        raise ValueError("a label in use is not one-hot")
    numbers: Indices = one_hot.argmax(axis=1)
    return numbers


def _test_index(content: bytes, *, first: int, count: int) -> Indices:
    """Return the node numbers in ``test.index``: ``count`` different ones, none < first."""
    lines = content.split()
    if not all(line.isdigit() and len(line) <= _LONGEST_INDEX for line in lines):
        raise ValueError("a line is not a node number")
    test = np.array([int(line) for line in lines], dtype=np.int64)
    if len(test) != count:
        raise ValueError(f"{len(test)} test nodes, where ty labels {count}")
    if len(np.unique(test)) != count:
        raise ValueError("a test node is named twice")
    if test.min() < first:
        raise ValueError(f"test node {test.min()} is among the {first} nodes of allx")
    return test


def _pairs(graph: object, nodes: int) -> tuple[Indices, Indices]:
    """Return (rows, columns) of all entries of the neighbour lists of ``nodes`` nodes."""
    if not isinstance(graph, dict) or not all(type(v) is list for v in graph.values()):
        raise ValueError("it is no mapping from nodes to lists of neighbours")
    named = [*graph, *chain.from_iterable(graph.values())]
    if not all(type(node) is int and 0 <= node < nodes for node in named):
        raise ValueError(f"it names something other than the nodes 0 to {nodes - 1}")
    if len(set(named)) != nodes:
        raise ValueError(f"it has {len(set(named))} nodes, where test.index implies {nodes}")
    columns = np.array(named[len(graph) :], dtype=np.int64)
    rows = np.repeat(
        np.array(list(graph), dtype=np.int64), [len(listed) for listed in graph.values()]
    )
    return rows, columns


def _assembled(allx: Any, tx: Any, test: Indices, nodes: int) -> Any:
    """Return H (nodes, n): allx on top, row i of tx at node test[i], zero rows elsewhere."""
    place = sp.coo_array((np.ones(len(test)), (test, np.arange(len(test)))), (nodes, len(test)))
    below = (place @ tx).tocsr()
    return sp.vstack([allx, below[allx.shape[0] :]], format="csr")
