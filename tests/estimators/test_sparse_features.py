"""Sparse features of estimators: the dense ones' answers, in memory for the sparse ones."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from amverify.errors import InvalidInput
from amverify.estimators import TIAMClassifier, TIAMRegressor, inputs
from amverify.estimators.choice import Candidate, Samples
from amverify.estimators.training import Stopping

QUICK: dict[str, Any] = {"hidden": (6,), "sweeps": 12, "ridge": 1.0, "random_state": 0}


def some(rows: int = 60, columns: int = 40) -> tuple[Any, Any]:
    """Counts, and a class that depends on them."""
    random = np.random.default_rng(0)
    x = random.poisson(0.15, (rows, columns)).astype(float)
    return sparse.csr_matrix(x), (x[:, :5].sum(1) > x[:, 5:10].sum(1)).astype(int)


@pytest.mark.parametrize("method", ["tiam", "mdlam", "dladmm"])
@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"ridge": "auto", "sweeps": 3}])
def test_the_answers_are_those_of_a_dense_copy(
    method: str, options: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = some()
    monkeypatch.setattr(inputs, "PART", 7 * x.shape[1])
    thin = TIAMClassifier(**QUICK | {"method": method} | options).fit(x, y)
    monkeypatch.setattr("amverify.estimators.base.tensor", lambda x, dtype, keeps: full(x, dtype))
    dense = TIAMClassifier(**QUICK | {"method": method} | options).fit(x, y)
    assert (thin.n_iter_, thin.ridge_) == (dense.n_iter_, dense.ridge_)
    found, wanted = thin.predict_proba(x), dense.predict_proba(x)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)  # the bound of σ_max is 1e-7 above


full = inputs.tensor


@pytest.mark.parametrize("options", [{"method": "joint"}, {"method": "tiam", "audit": True}])
def test_who_needs_a_dense_copy_has_one_or_says_that_it_does_not_fit(options: Any) -> None:
    x, y = some()
    assert 0 <= TIAMRegressor(**QUICK | options).fit(x, y).score(x, y) <= 1
    huge = sparse.csr_matrix((60, 2**40))
    with pytest.raises(InvalidInput, match=r"60 x 1,099,511,627,776 sparse features, 491520.0 GiB"):
        TIAMRegressor(**QUICK | options | {"scale": False})._train(
            Samples(huge, None, 1, None, 0),  # type: ignore[arg-type]
            Candidate((1,), 1.0),
            Stopping(1, 0.0),
            options.get("audit", False),  # type: ignore[arg-type]
        )


LIMITED = """
import resource, sys
import numpy as np
from scipy import sparse
from amverify.estimators import TIAMClassifier
rows, columns, stored = 3_000, 100_000, 60_000
random = np.random.default_rng(0)
at = random.integers(rows, size=stored), random.integers(columns, size=stored)
x, y = sparse.csr_matrix((random.random(stored), at), (rows, columns)), np.arange(rows) % 3
TIAMClassifier(hidden=3, ridge=1.0, sweeps=2, method="tiam", dtype="float32").fit(x[:50], y[:50])
held = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + int(sys.argv[1]),) * 2)
for method in ("tiam", "joint"):
    made = TIAMClassifier(hidden=3, ridge=1.0, sweeps=3, method=method, dtype="float32").fit(x, y)
    print(made.n_iter_, made.predict(x[:7]).shape)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is set by Linux's means")
def test_memory_is_enough_where_a_dense_copy_does_not_fit() -> None:
    """Weights (3 x 100,000, eight times, four of float64) take 15 MiB; a dense copy 2.2 GiB."""
    command = [sys.executable, "-c", LIMITED, str(160 * 2**20)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.stdout == "3 (7,)\n"
    said = "InvalidInput: X: a dense copy of 3,000 x 100,000 sparse features, 2.2 GiB"
    assert said in told.stderr
