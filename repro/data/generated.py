"""Data sets that need no file: scikit-learn's digits, and a graph drawn from a known law.

``digits``: 1,797 images of 8×8 pixels (UCI, Alpaydin & Kaynak 1998), scaled to [0, 1],
split 60/20/20 with the classes in proportion.

``few_digits``: 30 of their training images, of the first three classes, for runs to convergence;
its other splits are the same images.

``synthetic_graph``: a stochastic block model. Node i has class c(i); i and j are joined
with probability 0.012 if c(i) = c(j), else 0.001; of 100 binary features the 20 that belong
to the class are set with probability 0.15 and the others with 0.05. A linear
classifier of the 100 training nodes gets about half of the test nodes right from their own
features, and four in five from the features over four steps.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from repro.data.dataset import Dataset, Split
from repro.data.graph import Graph, graph_dataset, symmetric_adjacency
from repro.data.splits import per_class_split

_GREY_LEVELS = 16.0
_FEW_SAMPLES, _FEW_CLASSES = 30, 3
_CLASSES, _NODES_PER_CLASS, _WORDS_PER_CLASS = 5, 300, 20
_LINK_WITHIN, _LINK_ACROSS = 0.012, 0.001
_WORD_OWN, _WORD_OTHER = 0.15, 0.05


def digits(*, seed: int) -> Dataset:
    """Return the digits: 1,077 training, 360 validation, 360 test images, 64 pixels each."""
    # importing scikit-learn takes longer than reading any other data set
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    images, labels = load_digits(return_X_y=True)
    x = np.asarray(images, dtype=np.float64) / _GREY_LEVELS
    y = np.asarray(labels, dtype=np.int64)
    rest, test = train_test_split(
        np.arange(len(y)), test_size=360, stratify=y, random_state=seed, shuffle=True
    )
    train, validation = train_test_split(
        rest, test_size=360, stratify=y[rest], random_state=seed, shuffle=True
    )
    splits = [Split(x[part], y[part]) for part in map(np.sort, (train, validation, test))]
    return Dataset(
        name="digits",
        train=splits[0],
        validation=splits[1],
        test=splits[2],
        classes=10,
        statistics={
            "classes": 10,
            "features": x.shape[1],
            "train": len(train),
            "validation": len(validation),
            "test": len(test),
        },
        hashes={"generated": _hash(*(array for s in splits for array in (s.x, s.y)))},
        image=(1, 8, 8),
    )


def few_digits(*, seed: int) -> Dataset:
    """Return the first 30 training images of the digits 0, 1 and 2, as all of its splits."""
    whole = digits(seed=seed)
    rows = np.flatnonzero(whole.train.y < _FEW_CLASSES)[:_FEW_SAMPLES]
    part = Split(whole.train.x[rows], whole.train.y[rows])
    counts = {"train": len(part), "validation": len(part), "test": len(part)}
    return replace(
        whole,
        name="few_digits",
        train=part,
        validation=part,
        test=part,
        classes=_FEW_CLASSES,
        statistics={**whole.statistics, "classes": _FEW_CLASSES, **counts},
        hashes={"generated": _hash(part.x, part.y)},
    )


def synthetic_graph(*, seed: int, row_normalise: bool) -> Dataset:
    """Return the block model drawn from ``seed``: 1,500 nodes, 5 classes, 100 features."""
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.repeat(np.arange(_CLASSES), _NODES_PER_CLASS))
    nodes = len(labels)
    alike = labels[:, None] == labels[None, :]
    linked = generator.random((nodes, nodes)) < np.where(alike, _LINK_WITHIN, _LINK_ACROSS)
    rows, columns = np.nonzero(np.triu(linked, k=1))
    owner = np.repeat(np.arange(_CLASSES), _WORDS_PER_CLASS)
    own = labels[:, None] == owner[None, :]
    words = generator.random(own.shape) < np.where(own, _WORD_OWN, _WORD_OTHER)
    train, validation, test = per_class_split(labels, seed=seed)
    graph = Graph(
        adjacency=symmetric_adjacency(rows, columns, nodes),
        features=sp.csr_array(words.astype(np.float64)),
        labels=labels,
        classes=_CLASSES,
        train=train,
        validation=validation,
        test=test,
    )
    identity = _hash(rows, columns, words, labels, train, validation, test)
    return graph_dataset(
        "synthetic_graph", graph, row_normalise=row_normalise, hashes={"generated": identity}
    )


def _hash(*arrays: np.ndarray) -> str:
    """SHA-256 over type, shape and bytes of each array."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode("ascii"))
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
