"""The data sets that need no file: fixed once and for all, and what they say they are."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from amverify.errors import InvalidInput
from repro import data


def test_the_names_are_those_of_the_specification() -> None:
    assert data.names() == (
        "cora",
        "citeseer",
        "pubmed",
        "coauthor_cs",
        "digits",
        "fashion_mnist",
        "mnist",
        "cifar10",
        "synthetic_graph",
        "few_digits",
    )


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("digits", "4c18acd0d64611bc4b6338daf1bcd5285570589543f778190e975163ec35ffbe"),
        ("synthetic_graph", "dc2723668ecab2a6ec05aa0ea4cf979df2eca8744e3aca5e8cb59f4d2c0ce117"),
        ("few_digits", "ca8cb5ba84544d191584e84992823c2669aef39b008eee2a759eef130c8abf1f"),
    ],
)
def test_they_are_the_same_everywhere(name: str, digest: str) -> None:
    """A change here changes every table: it belongs in the changelog."""
    assert data.load(name).hashes == {"generated": digest}


def test_digits_are_scaled_split_in_proportion_and_disjoint() -> None:
    digits = data.load("digits")
    assert digits.validation is not None
    parts = (digits.train, digits.validation, digits.test)
    assert [len(part) for part in parts] == [1077, 360, 360]
    for part in parts:
        assert part.x.min() == 0.0
        assert part.x.max() == 1.0
        shares = np.bincount(part.y) / len(part)
        np.testing.assert_allclose(shares, 0.1, atol=0.005)
    images = np.concatenate([part.x for part in parts])
    assert len(np.unique(images, axis=0)) == 1797


def test_the_synthetic_graph_needs_its_links() -> None:
    """What the module promises of it, seen by a classifier that is not ours."""
    graph = data.load("synthetic_graph")
    assert graph.train.x.shape == (100, 500)
    assert graph.statistics["nodes"] == 1500

    def accuracy(columns: slice) -> float:
        model = LogisticRegression(C=0.1, max_iter=500)
        model.fit(graph.train.x[:, columns], graph.train.y)
        return float(model.score(graph.test.x[:, columns], graph.test.y))

    assert 0.45 < accuracy(slice(400, 500)) < 0.6
    assert 0.75 < accuracy(slice(None)) < 0.85


def test_row_normalisation_changes_the_synthetic_graph_alone() -> None:
    plain, normalised = (data.load("synthetic_graph", row_normalise=on) for on in (False, True))
    own = plain.train.x[:, 400:]
    np.testing.assert_allclose(
        normalised.train.x[:, 400:] * own.sum(axis=1, keepdims=True), own, atol=1e-14
    )
    with pytest.raises(InvalidInput, match="digits: row normalisation is for graph features"):
        data.load("digits", row_normalise=True)
