"""The first step, paid beforehand."""

from __future__ import annotations

import random

import numpy as np
import torch

from amverify.samt import warm_up


def test_it_draws_nothing() -> None:
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    warm_up()
    after = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert torch.equal(before[0], after[0])
    assert before[1:] == after[1:]
