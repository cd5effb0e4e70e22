"""What killed writers leave is removed by the next process that writes there, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from amverify import files
from amverify.files import Aside, write, write_bytes

DAY = 86400
STRANGE = (
    *("notes.tmp", ".0123456789abcdef.txt", ".0123456789ABCDEF.amv.tmp", ".0123.amv.tmp"),
    *("x.0123456789abcdef.amv.tmp", ".0123456789abcdef.amv.tmp.bak", ".run.partial", "run.part"),
)


def another_process() -> None:
    """What follows is as in a process that has written nothing yet."""
    files._TIDIED.clear()


def killed(folder: Path, ending: str, age: float = 0.0) -> Path:
    """A file that a writer left who is gone: its lock with it."""
    aside = Aside(folder / "gone", ending)
    aside.file.write(b"half of it")
    aside.file.close()
    aged(aside.path, age)
    return aside.path


def aged(path: Path, seconds: float) -> None:
    """Last written so many seconds ago."""
    when = time.time() - seconds
    os.utime(path, (when, when))


def steps() -> st.SearchStrategy[list[tuple[str, str, float]]]:
    """What happens in a folder, in any order."""
    what = st.sampled_from(["kill", "begin", "finish", "drop", "write"])
    ages = st.sampled_from([0.0, 3600.0, DAY - 60.0, DAY + 60.0, 400.0 * DAY, -DAY])
    return st.lists(st.tuples(what, st.sampled_from(["tmp", "partial"]), ages), max_size=12)


@given(happens=steps())
@example(happens=[("begin", "tmp", 0.0), ("write", "tmp", 0.0)])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_only_what_nobody_writes_goes(tmp_path_factory, happens):
    """Writers of one folder begin, end, are killed; others write there now and then."""
    folder = tmp_path_factory.mktemp("strays")
    for name in STRANGE:
        aged(write_of(folder / name), 400 * DAY)
    living: list[Aside] = []
    gone: dict[Path, bool] = {}
    for number, (what, ending, age) in enumerate(happens):
        if what == "kill":
            files._TIDIED.add(folder)
            gone[killed(folder, ending, age)] = ending == "tmp" or age > DAY
        elif what == "begin":
            files._TIDIED.add(folder)
            living.append(Aside(folder / f"run{number}", ending))
            living[-1].file.write(b"whole")
            living[-1].file.flush()
            aged(living[-1].path, age)
        elif what == "write":
            another_process()
            write(folder / "other", f"{number}")
            gone = {path: False for path, goes in gone.items() if not goes}
        elif living:
            last = living.pop()
            last.finish() if what == "finish" else last.drop()
            assert last.target.exists() == (what == "finish")
        assert all(own.path.exists() for own in living)
        halves = {path for path in folder.iterdir() if files.UNFINISHED.fullmatch(path.name)}
        assert halves == {*gone, *(own.path for own in living)}
        assert all((folder / name).read_bytes() == b"mine" for name in STRANGE)
    for own in living:
        own.finish()
        assert own.target.read_bytes() == b"whole"


def write_of(path: Path) -> Path:
    """A file that is none of ours."""
    path.write_bytes(b"mine")
    return path


def test_what_has_our_name_and_is_no_file_of_ours_stays(tmp_path):
    """A link, a folder, a pipe, a second name of another file; what a younger version began."""
    names = [tmp_path / f".{digit * 16}.amv.tmp" for digit in "0123"]
    victim = write_of(tmp_path / "victim")
    names[0].symlink_to(victim)
    names[1].mkdir()
    os.mkfifo(names[2])
    names[3].hardlink_to(victim)
    older = write_of(tmp_path / f".{'4' * 16}.tmp")
    another_process()
    write(tmp_path / "own", "text")
    assert all(os.path.lexists(name) for name in (*names, older))
    assert victim.read_bytes() == b"mine"
    aged(older, DAY + 60)
    another_process()
    write(tmp_path / "own", "text")
    assert not older.exists()


HALF = """
import sys, time
from pathlib import Path
from amverify.files import Aside
aside = Aside(Path(sys.argv[1]))
aside.file.write(b"half")
aside.file.flush()
time.sleep(600)
"""


def test_a_process_that_is_killed_leaves_what_the_next_removes(tmp_path):
    """Until it is dead its file stays, whoever writes beside it."""
    child = subprocess.Popen([sys.executable, "-c", HALF, str(tmp_path / "run")])
    try:
        while not any(path.stat().st_size for path in tmp_path.glob(".*.amv.tmp")):
            time.sleep(0.01)
        another_process()
        write(tmp_path / "own", "text")
        assert len(list(tmp_path.iterdir())) == 2
    finally:
        child.kill()
        child.wait()
    another_process()
    write(tmp_path / "own", "text")
    assert list(tmp_path.iterdir()) == [tmp_path / "own"]


def test_writers_that_begin_while_others_tidy_lose_nothing(tmp_path, monkeypatch):
    """Each writer looks for what is left; none takes what another has just begun."""
    monkeypatch.setattr(files, "_TIDIED", Never())
    failed = []

    def writes(name: str) -> None:
        for k in range(60):
            try:
                write_bytes(tmp_path / name, b"%d" % k)
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=writes, args=(f"file{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        f"file{n}": b"59" for n in range(4)
    }


class Never(set):
    """A set that forgets at once."""

    def add(self, item: object) -> None:
        pass


@pytest.mark.parametrize("moment", ["unlocked", "taken"])
def test_one_taken_for_left_before_it_is_locked_is_begun_again(tmp_path, monkeypatch, moment):
    """Another process unlinks, or is about to unlink, what was opened and not yet locked."""
    lock, seen = files._locked, []

    def meddled(descriptor: int) -> bool | None:
        seen.append(descriptor)
        if len(seen) > 1:
            return lock(descriptor)
        if moment == "taken":
            return False
        next(tmp_path.glob(".*.amv.tmp")).unlink()
        return lock(descriptor)

    monkeypatch.setattr(files, "_locked", meddled)
    write(tmp_path / "own", "text")
    assert len(seen) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


def test_without_locks_nothing_is_removed_and_all_is_written(tmp_path, monkeypatch):
    left = killed(tmp_path, "tmp")
    monkeypatch.setattr(files, "_locked", lambda descriptor: None)
    another_process()
    write(tmp_path / "own", "text")
    assert left.exists()
    assert (tmp_path / "own").read_text() == "text"


def test_a_folder_is_looked_at_once(tmp_path):
    another_process()
    write(tmp_path / "own", "text")
    left = killed(tmp_path, "tmp")
    write(tmp_path / "own", "again")
    assert left.exists()
