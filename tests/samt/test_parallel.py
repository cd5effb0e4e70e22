"""Two processes on one machine (gloo): the same iterates and the same α on every rank."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
import torch.distributed as dist

from amverify.compiled.available import compiled
from amverify.samt import KINDS, SAMT
from tests.samt.nets import batches, dense, loss, weights

pytestmark = pytest.mark.skipif(
    not (dist.is_available() and dist.is_gloo_available()), reason="no gloo in this torch"
)

CHILD = """
    import os, sys
    from datetime import timedelta
    from pathlib import Path
    import torch
    import torch.distributed as dist
    from amverify.errors import InvalidInput
    from amverify.samt import SAMT
    from tests.samt.nets import batches, dense, loss, told

    if sys.argv[3] == "one without numba" and sys.argv[1] == "1":
        sys.modules["amverify.compiled.loops"] = None
    rank, folder, task, kind = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    dist.init_process_group(
        "gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=2,
        timeout=timedelta(seconds=60),
    )
    model = dense()
    if task == "different" and rank == 1:
        with torch.no_grad():
            model[2].weight[0, 0] += 1e-9
    try:
        optimiser = SAMT(model, kind=kind, order="random", seed=3)
        for x, y in batches(5, size=8):
            mine = slice(0, 3) if rank == 0 else slice(3, 8)
            if task == "silent":
                samples = 5 if rank else None
                optimiser.step(lambda: loss(model, (x[mine], y[mine])), samples=samples)
            if task == "nan" and rank == 1:
                x = x * float("nan")
            if task == "closure":
                count = len(x[mine])
                optimiser.step(lambda: loss(model, (x[mine], y[mine])), samples=count)
            else:
                optimiser.step(**told((x[mine], y[mine])))
    except InvalidInput as error:
        print(error, flush=True)
        os._exit(7)  # gloo's threads may still wait for the other rank
    torch.save(
        {"model": model.state_dict(), "alpha": optimiser.step_sizes()}, folder / f"{rank}.pt"
    )
    dist.destroy_process_group()
"""


def start(folder: Path, task: str, kind: str = "column") -> list[tuple[int, str]]:
    """Exit status and output of both ranks."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    ranks = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CHILD), str(rank), str(folder),
             task, kind],
            env=environment, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip
    try:
        said = [rank.communicate(timeout=180)[0] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    return [(rank.returncode, text) for rank, text in zip(ranks, said, strict=True)]


@pytest.mark.parametrize(("task", "kind"), [("train", "scalar"), ("closure", "element")])
def test_two_ranks_with_unequal_batches_step_as_one_with_the_whole_batch(
    task: str, kind: str, tmp_path: Path
) -> None:
    assert kind in KINDS
    for status, text in start(tmp_path, task, kind):
        assert status == 0, text
    one, two = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    for name in one["model"]:
        assert torch.equal(one["model"][name], two["model"][name])
    for name in one["alpha"]:
        assert torch.equal(one["alpha"][name], two["alpha"][name])
    alone = dense()
    optimiser = SAMT(alone, kind=kind, order="random", seed=3)
    for batch in batches(5, size=8):
        optimiser.step(lambda batch=batch: loss(alone, batch))  # type: ignore[misc]
    for mine, theirs in zip(weights(alone), one["model"].values(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.long
def test_samples_of_some_ranks_only_are_refused_on_every_rank(tmp_path: Path) -> None:
    for status, text in start(tmp_path, "silent"):
        assert status == 7, text
        assert "give it on all" in text


def test_ranks_with_different_models_are_refused_on_every_rank(tmp_path: Path) -> None:
    for status, text in start(tmp_path, "different"):
        assert status == 7, text
        assert "ranks hold different models: block '2'" in text
        assert "shape (4, 5), (4,)" in text


@pytest.mark.long
@pytest.mark.skipif(compiled() is None, reason="numba is not installed")
def test_ranks_that_round_differently_are_refused_on_every_rank(tmp_path: Path) -> None:
    for status, text in start(tmp_path, "one without numba"):
        assert status == 7, text
        assert "numba serves on some, and not on 1" in text


def test_a_loss_that_is_not_finite_on_one_rank_stops_all(tmp_path: Path) -> None:
    for status, text in start(tmp_path, "nan"):
        assert status == 7, text
        assert "the loss is nan" in text
