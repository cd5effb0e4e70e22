"""A few strangers' loops in the ordinary suite; ``run.py`` judges thousands."""

from __future__ import annotations

import pytest
from strangers.false import FALSE
from strangers.subject import Stranger
from strangers.tally import STRANGERS, escaped, judged


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda s: s.name)
def test_true_claims_are_not_accused(stranger: Stranger) -> None:
    for seed, dtype in enumerate(stranger.formats):
        assert not judged(stranger, 2 * seed, dtype).alarms


@pytest.mark.parametrize("stranger", FALSE, ids=lambda s: s.name)
def test_false_claims_are_caught(stranger: Stranger) -> None:
    for seed, dtype in enumerate(stranger.formats):
        assert not escaped(stranger, seed, dtype).alarms
