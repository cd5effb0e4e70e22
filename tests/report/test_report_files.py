"""A file is there whole, or what was there before still is."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Never

import pytest

from amverify.errors import CannotWrite
from amverify.report import write


def test_text_is_written_as_it_is_over_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.txt"
    write(path, "before")
    write(path, "Ψ ≤ 0\r\nend\n")
    assert path.read_bytes() == "Ψ ≤ 0\r\nend\n".encode()
    assert os.listdir(path.parent) == ["report.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.txt"
    write(path, "before")

    def full(*_: object) -> Never:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(CannotWrite, match="no space left; free some") as error:
        write(path, "after")
    assert "\n" not in str(error.value)
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["report.txt"]


def test_it_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    sync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda n: (done.append("fsync"), sync(n))[1])
    monkeypatch.setattr(
        Path, "replace", lambda a, b: (done.append(str(a.parent)), replace(a, b))[1]
    )
    write(tmp_path / "report.txt", "text")
    assert done == ["fsync", os.path.realpath(tmp_path)]


def test_an_interrupt_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> Never:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "report.txt", "text")
    assert os.listdir(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("before")
    link.symlink_to(target)
    write(link, "after")
    assert link.is_symlink()
    assert target.read_text() == "after"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="not an ordinary file"):
        write(tmp_path, "text")


@pytest.mark.parametrize("name", ["file/report.txt", "file/folder/report.txt"])
def test_a_file_in_the_place_of_a_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("before")
    with pytest.raises(CannotWrite, match="in the place of its folder"):
        write(tmp_path / name, "text")
    assert (tmp_path / "file").read_text() == "before"


@pytest.mark.parametrize(("name", "text"), [("report.txt", "\ud800"), ("\0", "text")])
def test_what_is_no_unicode_is_refused(name: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="no valid Unicode"):
        write(tmp_path / name, text)
