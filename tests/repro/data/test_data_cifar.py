"""CIFAR-10 in both versions, unpacked and packed, on small files; hostile ones included."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from planetoid_files import Memo, array_of, number, text, write

from amverify.errors import CorruptFile, DataUnavailable
from repro import data
from repro.data import cifar, local, registry
from repro.data.local import Layout


def records(count: int) -> bytes:
    rows = np.zeros((count, 3073), np.uint8)
    rows[:, 0] = np.arange(count) % 10
    rows[:, 1:1025] = 255  # the red channel
    return rows.tobytes()


def test_cifar_is_read_channel_by_channel(tmp_path: Path) -> None:
    files = {name: records(20) for name in cifar.BINARY}
    write(files, tmp_path / "cifar-10-batches-bin")
    dataset = data.load("cifar10", data_dir=tmp_path)
    assert dataset.image == (3, 32, 32)
    assert len(dataset.test) == 20
    assert (dataset.train.x[:, :1024] == 1).all()
    assert (dataset.train.x[:, 1024:] == 0).all()
    assert np.array_equal(np.sort(dataset.test.y), np.repeat(np.arange(10), 2))


@pytest.mark.parametrize("content", [b"", records(2)[:-1], b"x"])
def test_cifar_files_that_are_none_are_named(content: bytes, tmp_path: Path) -> None:
    files = {name: records(20) for name in cifar.BINARY} | {"data_batch_3.bin": content}
    write(files, tmp_path / "cifar10")
    with pytest.raises(CorruptFile, match=r"data_batch_3\.bin: .* no whole number of 3073"):
        data.load("cifar10", data_dir=tmp_path)


def test_a_file_larger_than_the_format_allows_is_not_read(tmp_path: Path) -> None:
    write({name: records(1) for name in cifar.BINARY}, tmp_path / "cifar10")
    with (tmp_path / "cifar10" / cifar.BINARY[-1]).open("wb") as file:
        file.truncate(cifar.SOURCE.largest + 1)
    with pytest.raises(CorruptFile, match="has more than 33554432 bytes"):
        data.load("cifar10", data_dir=tmp_path)


def pickled_batch(count: int) -> bytes:
    """As Python 2 pickled a batch: the images of ``records``, and their labels."""
    memo = Memo()
    rows = np.frombuffer(records(count), np.uint8).reshape(count, -1)
    labels = b"(" + b"".join(number(int(label)) for label in rows[:, 0]) + b"e"
    items = (
        text(b"batch_label") + text(b"training batch 1 of 5"),
        text(b"labels") + b"]" + memo.put("labels") + labels,
        text(b"data") + array_of(np.ascontiguousarray(rows[:, 1:]), memo, code="u1"),
        text(b"filenames") + b"](" + text(b"a.png") * count + b"e",
    )
    return b"\x80\x02}" + memo.put("batch") + b"(" + b"".join(items) + b"u."


def packed(files: Mapping[str, bytes], folder: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in {**files, "batches.meta": b"names"}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


FILES = {
    "bin": dict.fromkeys(cifar.BINARY, records(20)),
    "py": dict.fromkeys(cifar.PYTHON, pickled_batch(20)),
}
ARCHIVES = {kind: packed(files, f"cifar-10-batches-{kind}") for kind, files in FILES.items()}


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        (ARCHIVES["bin"][:-100], "no readable archive"),
        (b"", "no readable archive"),
        (gzip.compress(b"x" * 2000, mtime=0), "no readable archive"),
        (packed({}, "x"), r"data_batch_1\.bin is not in it"),
        (packed({"data_batch_1.bin": b""}, "x"), r"data_batch_2\.bin is not in it"),
    ],
    ids=["cut short", "empty", "a zip of no archive", "no member", "one member of five"],
)
def test_an_archive_that_is_none_is_named(archive: bytes, told: str, tmp_path: Path) -> None:
    layout = replace(cifar.SOURCE.layouts[0], sum=md5(archive))
    (tmp_path / layout.archive).write_bytes(archive)
    with pytest.raises(CorruptFile, match=rf"binary\.tar\.gz: .*{told}"):
        local.obtain_locally("cifar10", replace(cifar.SOURCE, layouts=(layout,)), tmp_path)


def test_an_archive_is_no_link_and_unpacks_to_no_more_than_it_may() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, "a"
        archive.addfile(link)
    with pytest.raises(ValueError, match="a is not in it"):
        local._members(out.getvalue(), ["a"], 10**6)
    with pytest.raises(ValueError, match="unpacks to more than 2000 bytes"):
        local._members(packed({"a": bytes(3000)}, "x"), ["a"], 2000)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small files are the published ones."""
    layouts = tuple(
        replace(
            layout,
            parts=dict.fromkeys(layout.parts, md5(FILES["py"]["test_batch"]))
            if kind == "py"
            else layout.parts,
            sum=md5(ARCHIVES[kind]),
        )
        for kind, layout in zip(("bin", "py"), cifar.SOURCE.layouts, strict=True)
    )
    source = replace(cifar.SOURCE, layouts=layouts)
    monkeypatch.setitem(registry._LOCAL, "cifar10", source)


def check(folder: Path) -> None:
    dataset = data.load("cifar10", data_dir=folder)
    assert len(dataset.test) == 20
    assert (dataset.train.x[:, :1024] == 1).all()
    assert (dataset.train.x[:, 1024:] == 0).all()
    assert np.array_equal(np.sort(dataset.test.y), np.repeat(np.arange(10), 2))


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(
    "sub", ["", "cifar10", "cifar-10-batches-{}", "cifar10/cifar-10-batches-{}"]
)
@pytest.mark.parametrize("kind", FILES)
def test_both_versions_are_found_in_their_folders(kind: str, sub: str, tmp_path: Path) -> None:
    write(FILES[kind], tmp_path / sub.format(kind))
    check(tmp_path)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("kind", ARCHIVES)
def test_both_archives_are_read_as_they_are(kind: str, tmp_path: Path) -> None:
    layout = dict(zip(FILES, cifar.SOURCE.layouts, strict=True))[kind]
    write({layout.archive: ARCHIVES[kind]}, tmp_path)
    check(tmp_path)


@pytest.mark.parametrize("kind", ["py", *ARCHIVES])
def test_what_is_not_published_is_refused(kind: str, tmp_path: Path) -> None:
    layouts: dict[str, Layout] = dict(zip(FILES, cifar.SOURCE.layouts, strict=True))
    write({layouts[kind].archive: ARCHIVES[kind]}, tmp_path)
    with pytest.raises(CorruptFile, match=r"tar\.gz: is not the published file \(MD5"):
        data.load("cifar10", data_dir=tmp_path)
    write(FILES["py"], tmp_path / "cifar-10-batches-py")
    with pytest.raises(CorruptFile, match=r"is not the published file \(MD5"):
        data.load("cifar10", data_dir=tmp_path)


def test_where_it_can_be_had_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"cifar-10-binary\.tar\.gz or cifar-10-python"):
        data.load("cifar10", data_dir=tmp_path)
    write({"data_batch_2.bin": records(20)}, tmp_path)
    with pytest.raises(DataUnavailable, match=r"data_batch_1\.bin is not in"):
        data.load("cifar10", data_dir=tmp_path)
