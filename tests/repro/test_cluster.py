"""A Dask cluster does what this machine does."""

from __future__ import annotations

import importlib.util
import io
import socket
import sys
from threading import Thread

import fake_runs
import pytest
from rich.console import Console

from amverify.errors import InvalidInput
from repro.engine import RunFailed, cluster, run_all

# Dask warns of slow disks and the like, which is nobody's fault here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:distributed")

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None,
    reason="dask.distributed is not installed (extra 'cluster')",
)
DATA = {"cora": fake_runs.dataset(), "digits": fake_runs.dataset("digits", value=0.25)}


@pytest.fixture
def address():
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
    ) as local:
        yield local.scheduler_address


def on_cluster(wanted, cache, execute, address, **means):
    return run_all(
        wanted,
        DATA,
        cache=cache,
        scheduler=address,
        **means,
        execute=execute,
        console=Console(file=io.StringIO()),
    )


@needs_dask
def test_every_run_meets_its_own_data(tmp_path, address):
    wanted = [*fake_runs.specs(2, "cora"), *fake_runs.specs(2, "digits")]
    runs = on_cluster(wanted, tmp_path, fake_runs.reporting_data, address)
    ends = [run.result.curves["test_accuracy"][-1] for run in runs.values()]
    assert list(runs) == wanted
    assert ends == [1.0, 1.0, 0.25, 0.25]
    assert len(list(tmp_path.rglob("*.json"))) == 4


@needs_dask
def test_a_killed_worker_loses_its_run_alone_and_that_is_tried_again(tmp_path):
    deaths = tmp_path / "deaths"
    deaths.mkdir()
    wanted = [*fake_runs.specs(3, "cora"), *fake_runs.specs(2, "digits")]
    means = {"local_cluster": True, "jobs": 2}
    runs = on_cluster(wanted, tmp_path / "cache", fake_runs.DyingOnce(deaths), None, **means)
    assert len(list(deaths.iterdir())) == 1
    here = run_all(wanted, DATA, cache=tmp_path / "other", execute=fake_runs.reporting_data)
    assert {spec: run.result for spec, run in runs.items()} == {
        spec: run.result for spec, run in here.items()
    }


@needs_dask
def test_without_workers_it_is_said(tmp_path, monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 1)
    with (
        LocalCluster(n_workers=0, processes=False, protocol="tcp", dashboard_address=None) as local,
        pytest.raises(InvalidInput, match="it has no workers; start one with 'dask worker"),
    ):
        on_cluster(fake_runs.specs(1), tmp_path, fake_runs.sound, local.scheduler_address)


@needs_dask
def test_refusal_on_the_cluster_is_the_users_line(tmp_path, address):
    with pytest.raises(InvalidInput, match="cora, tiam, seed 1: rho must be above 0"):
        on_cluster(fake_runs.specs(2), tmp_path, fake_runs.refusing, address)


@needs_dask
def test_other_code_on_the_cluster_is_refused(tmp_path, address, monkeypatch):
    monkeypatch.setattr(cluster, "code_version", lambda *_: "this machine's")
    with pytest.raises(RunFailed, match="another version"):
        on_cluster(fake_runs.specs(1), tmp_path, fake_runs.sound, address)


def test_without_the_extra_one_line_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInput, match=r"pip install 'amverify\[cluster\]'"):
        on_cluster(fake_runs.specs(1), tmp_path, fake_runs.sound, "tcp://127.0.0.1:1")


@needs_dask
@pytest.mark.parametrize("nowhere", ["tcp://127.0.0.1:1", "nonsense", "smoke://signal:1"])
def test_nobody_there_is_one_line(tmp_path, nowhere):
    with pytest.raises(InvalidInput, match=f"--scheduler {nowhere}: no Dask scheduler answers"):
        on_cluster(fake_runs.specs(1), tmp_path, fake_runs.sound, nowhere)


@needs_dask
def test_a_server_of_another_kind_is_no_scheduler(tmp_path, recwarn):
    def answer(listening: socket.socket) -> None:
        other, _ = listening.accept()
        with other:
            other.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 9)
            other.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        Thread(target=answer, args=(listening,), daemon=True).start()
        nowhere = f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(InvalidInput, match="no Dask scheduler answers there"):
            on_cluster(fake_runs.specs(1), tmp_path, fake_runs.sound, nowhere)
