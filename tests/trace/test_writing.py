"""What we write is whole, goes through nobody's link, and keeps the permissions that it finds."""

from __future__ import annotations

import errno
import os
import stat
import threading

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amverify.errors import CannotWrite
from amverify.files import Aside, write, write_bytes
from amverify.trace.file import TraceWriter, load_trace, save_trace
from amverify.trace.trace import Trace

QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def trace(rows):
    keys = {name: np.arange(rows) for name in ("sweep", "replicate")}
    return Trace({"subject": f"{rows} rows"}, sweeps={**keys, "value": np.ones(rows)})


def bytes_to(path, number):
    write_bytes(path, b"%d\n" % number * 1000)


def text_to(path, number):
    write(path, f"{number}\n" * 1000)


def trace_to(path, number):
    save_trace(trace(number), path)


WRITERS = (bytes_to, text_to, trace_to)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@given(writer=st.sampled_from(WRITERS), before=st.none() | st.integers(0o400, 0o777).map(
    lambda bits: bits | 0o400), umask=st.sampled_from([0o022, 0o077, 0o002, 0o027]),
    linked=st.booleans())  # fmt: skip
@QUICK
def test_permissions_stay_and_new_files_obey_the_umask(
    tmp_path_factory, writer, before, umask, linked
):
    folder = tmp_path_factory.mktemp("modes")
    target, name = folder / "own", folder / ("link" if linked else "own")
    if linked:
        name.symlink_to(target)
    if before is not None:
        target.write_bytes(b"old")
        target.chmod(before)
    old = os.umask(umask)
    try:
        writer(name, 3)
    finally:
        os.umask(old)
    assert mode(target) == (0o666 & ~umask if before is None else before)
    assert name.is_symlink() == linked
    assert {path.name for path in folder.iterdir()} == {target.name, name.name}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("ending", ["partial", "tmp", "part"])
def test_a_link_where_a_name_could_be_foreseen_leads_nowhere(tmp_path, writer, ending):
    victim, path = tmp_path / "victim", tmp_path / "run"
    victim.write_bytes(b"mine")
    for name in (f"run.{ending}", f".run.{ending}"):
        (tmp_path / name).symlink_to(victim)
    writer(path, 3)
    assert victim.read_bytes() == b"mine"
    assert path.is_file()


def test_a_name_that_is_taken_is_not_opened(tmp_path, monkeypatch):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    monkeypatch.setattr("secrets.token_hex", lambda _: "known")
    (tmp_path / ".known.amv.tmp").symlink_to(victim)
    with pytest.raises(CannotWrite):
        write(tmp_path / "own", "new")
    assert victim.read_bytes() == b"mine"
    assert (tmp_path / ".known.amv.tmp").is_symlink()


def test_two_traces_written_at_once_to_one_name_are_each_whole(tmp_path):
    path = tmp_path / "run.trace"
    first, second = (TraceWriter(path, {"subject": name}) for name in ("first", "second"))
    for rows in (3, 4):
        first.append("sweeps", trace(rows).sweeps)
        second.append("sweeps", trace(2 * rows).sweeps)
    second.close()
    assert (load_trace(path).rows("sweeps"), load_trace(path).complete) == (14, True)
    first.close()
    assert (load_trace(path).rows("sweeps"), load_trace(path).complete) == (7, True)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("writer", WRITERS)
def test_writers_of_one_name_leave_one_whole_file(tmp_path, writer):
    path, alone = tmp_path / "one", {}
    for number in range(4):
        writer(tmp_path / f"alone{number}", number)
        alone[(tmp_path / f"alone{number}").read_bytes()] = number
    threads = [
        threading.Thread(target=lambda n=n: [writer(path, n) for _ in range(10)]) for n in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert not path.exists() or path.read_bytes() in alone
    assert path.read_bytes() in alone
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("call", ["fsync", "fchmod", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_what_the_disk_refuses_leaves_the_old_file_alone(
    tmp_path, monkeypatch, writer, call, number
):
    path = tmp_path / "own"
    path.write_bytes(b"old")

    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(CannotWrite) as caught:
            writer(path, 3)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    path, opened = tmp_path / "own", os.open
    path.write_bytes(b"old")

    def full(name, flags, *more, **kinds):
        return opened(
            "/dev/full" if flags & os.O_EXCL else name, flags & ~os.O_EXCL, *more, **kinds
        )

    whole = trace(100_000)
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(CannotWrite, match="no space left"):
            save_trace(whole, path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("writer", WRITERS)
def test_a_folder_that_is_removed_meanwhile_is_one_line(tmp_path, monkeypatch, writer):
    folder, sync = tmp_path / "folder", os.fsync
    folder.mkdir()

    def removed(descriptor):
        sync(descriptor)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()

    monkeypatch.setattr(os, "fsync", removed)
    with pytest.raises(CannotWrite, match="own: No such file"):
        writer(folder / "own", 3)
    assert list(tmp_path.iterdir()) == []


def test_what_was_begun_and_dropped_leaves_nothing(tmp_path):
    aside = Aside(tmp_path / "own")
    aside.file.write(b"some")
    aside.drop()
    assert list(tmp_path.iterdir()) == []
