"""Files are whole or not there; what the system refuses is one line."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from amverify.errors import CannotWrite
from amverify.files import write
from repro.engine.storage import check_writable, seal, unseal


def failing_with(number: int):
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_writes_and_replaces(tmp_path: Path):
    path = tmp_path / "new" / "folder" / "a.txt"
    write(path, "ρ = 1\n")
    write(path, "ρ = 2\r\n")
    assert path.read_bytes() == "ρ = 2\r\n".encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("number", "said"),
    [(errno.ENOSPC, "no space left"), (errno.EDQUOT, "no space"), (errno.EROFS, "another place")],
)
def test_what_the_system_refuses_leaves_the_old_file(tmp_path, monkeypatch, number, said):
    path = tmp_path / "a.txt"
    write(path, "old")
    monkeypatch.setattr(os, "fsync", failing_with(number))
    with pytest.raises(CannotWrite, match=said) as caught:
        write(path, "new")
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_interrupted_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "a.txt", "new")
    assert not list(tmp_path.iterdir())


def test_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "results").write_text("")
    for attempt in (
        lambda: check_writable(tmp_path / "results"),
        lambda: check_writable(tmp_path / "results" / "deeper"),
        lambda: write(tmp_path / "results" / "a.txt", ""),
    ):
        with pytest.raises(CannotWrite, match="a file stands in the place of its folder"):
            attempt()


def test_check_writable_leaves_nothing(tmp_path):
    check_writable(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


def test_sealed_document_is_read_back():
    body = {"a": [1, 2.5, "NaN"], "ρ": None}
    assert unseal(seal(body)) == body


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("0.742", "0.842"),
        lambda text: text.replace('"checksum"', '"sum"'),
        lambda text: "[]",
        lambda text: "",
        lambda text: '{"body": 3}',
    ],
)
def test_spoilt_document_is_refused(spoil):
    text = seal({"accuracy": 0.742})
    with pytest.raises(ValueError):
        unseal(spoil(text))
