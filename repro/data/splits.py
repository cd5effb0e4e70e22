"""A split for graphs that come without one: so many nodes of each class, from a seed."""

from __future__ import annotations

import numpy as np

from repro.data.graph import Indices


def per_class_split(
    labels: Indices, *, seed: int, train: int = 20, validation: int = 30, test: int = 1000
) -> tuple[Indices, Indices, Indices]:
    """Return disjoint node numbers (training, validation, test), ascending.

    ``train`` and ``validation`` nodes of every class, then ``test`` of all that remain,
    each drawn without replacement. Raises ValueError when a class or the rest is too
    small, or there are fewer than two classes.
    """
    counts = np.bincount(labels)
    if len(counts) < 2:
        raise ValueError("all nodes are of one class")
    if counts.min() < train + validation:
        raise ValueError(
            f"class {counts.argmin()} has {counts.min()} nodes, "
            f"of which {train + validation} are needed for training and validation"
        )
    generator = np.random.default_rng(seed)
    shuffled = [generator.permutation(np.flatnonzero(labels == c)) for c in range(len(counts))]
    rest = np.concatenate([nodes[train + validation :] for nodes in shuffled])
    if len(rest) < test:
        raise ValueError(f"{len(rest)} nodes remain, of which {test} are needed for testing")
    return (
        np.sort(np.concatenate([nodes[:train] for nodes in shuffled])),
        np.sort(np.concatenate([nodes[train : train + validation] for nodes in shuffled])),
        np.sort(generator.permutation(rest)[:test]),
    )
