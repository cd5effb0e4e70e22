"""Images: idx and CIFAR-10 files on small examples, hostile ones included."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planetoid_files import write

from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from repro import data
from repro.data import registry
from repro.data.gunzip import unzipped
from repro.data.idx import PARTS, read_idx
from repro.data.upstream import (
    Manifest,
    Source,
    UpstreamFile,
    git_blob_sha1,
    published_manifest,
)

COUNTS = {"train": 120, "t10k": 20}
SHAPE = (3, 4)
LARGEST = 2**20


def idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


def small_files() -> dict[str, bytes]:
    """Image i is filled with i; its class is i mod 10."""
    files = {}
    for part in PARTS:
        numbers = np.arange(COUNTS[part.partition("-")[0]])
        filled = np.broadcast_to(numbers[:, None, None], (len(numbers), *SHAPE))
        files[part] = idx(filled if "images" in part else numbers % 10)
    return files


FILES = small_files()
MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


def manifest_of(
    files: Mapping[str, bytes], system: Path | None = None, name: str = "fashion_mnist"
) -> Manifest:
    """Published: these files, gzipped in another way than the tests gzip them."""
    published = {name: gzip.compress(content, 1, mtime=1) for name, content in files.items()}
    listed = tuple(
        UpstreamFile(
            f"http://127.0.0.1:9/{part}.gz",
            git_blob_sha1(content),
            len(content),
            LARGEST,
            hashlib.sha256(files[part]).hexdigest(),
        )
        for part, content in published.items()
    )
    bundle = "mnist.npz" if name == "mnist" else None
    folder = name.replace("_", "-")
    return {name: Source("https://example.org", folder, listed, system and str(system), bundle)}


MNIST = manifest_of(FILES, name="mnist")


def zipped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content, mtime=2) for name, content in files.items()}


def load(folder: Path, system: Path | None = None) -> data.Dataset:
    return data.load(
        "fashion_mnist", data_dir=folder, download=False, manifest=manifest_of(FILES, system)
    )


def check(dataset: data.Dataset) -> None:
    assert dataset.image == (1, *SHAPE)
    assert dataset.validation is not None
    sizes = {"train": 100, "validation": 20, "test": 20}
    assert dataset.statistics == {"classes": 10, "features": 12, **sizes}
    split = {"train": dataset.train, "validation": dataset.validation}
    seen = np.concatenate([part.x[:, 0] for part in split.values()])
    assert np.array_equal(np.sort(np.rint(seen * 255)), np.arange(120))
    for part in (*split.values(), dataset.test):
        assert part.x.dtype == np.float32
        assert (part.x == part.x[:, :1]).all()
        assert np.array_equal(np.rint(part.x[:, 0] * 255) % 10, part.y)
        assert (np.bincount(part.y) == len(part) // 10).all()


@pytest.mark.parametrize("sub", ["", "fashion-mnist"])
@pytest.mark.parametrize("packed", [True, False])
def test_files_zipped_anew_or_not_at_all_are_the_published_ones(
    sub: str, packed: bool, tmp_path: Path
) -> None:
    write(zipped(FILES) if packed else FILES, tmp_path / sub)
    check(load(tmp_path))


def test_the_systems_package_serves_where_the_folder_has_nothing(tmp_path: Path) -> None:
    system = write(zipped(FILES), tmp_path / "system")
    (tmp_path / "given").mkdir()
    check(load(tmp_path / "given", system))


@pytest.mark.parametrize("change", [lambda c: c[:-1] + b"!", lambda c: c + b"!", lambda c: c[:40]])
def test_other_content_is_refused(change: object, tmp_path: Path) -> None:
    assert callable(change)
    name = PARTS[0]
    write(zipped(FILES | {name: change(FILES[name])}), tmp_path)
    with pytest.raises(CorruptFile, match=r"train-images-idx3-ubyte\.gz: (is not|has)"):
        load(tmp_path)


def test_the_published_files_hold_what_their_hashes_say() -> None:
    try:
        dataset = data.load("fashion_mnist", download=False)
    except DataUnavailable as error:
        pytest.skip(str(error))
    assert dataset.statistics["train"] + dataset.statistics["validation"] == 60_000
    assert dataset.image == (1, 28, 28)
    assert (np.bincount(dataset.test.y) == 1000).all()


WRONG = {
    "empty": (b"", "less than the header"),
    "header cut short": (FILES[PARTS[0]][:15], "less than the header"),
    "labels for images": (FILES[PARTS[1]], "starts with 00 00 08 01"),
    "of floats": (b"\0\0\x0d\3" + FILES[PARTS[0]][4:], "starts with 00 00 0d 03"),
    "a page": (b"<html> not found </html>", "starts with 3c 68"),
    "cut short": (FILES[PARTS[0]][:-1], "announces 120 x 3 x 4 bytes and holds 1439"),
    "too long": (FILES[PARTS[0]] + b"!", "holds 1441"),
    "of a size that overflows": (b"\0\0\x08\3" + b"\xff" * 12, "announces 4294967295 x"),
    "zip cut short": (gzip.compress(FILES[PARTS[0]])[:-9], "cut short"),
    "zip damaged": (gzip.compress(FILES[PARTS[0]])[:-8] + bytes(8), "damaged"),
    "zip and more": (gzip.compress(FILES[PARTS[0]]) + b"!", "1 bytes follow"),
    "two zips": (gzip.compress(FILES[PARTS[0]]) * 2, "bytes follow"),
    "bomb": (gzip.compress(bytes(2**26 + 1)), "more than 67108864 bytes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_hostile_idx_is_refused(case: str) -> None:
    content, says = WRONG[case]
    with pytest.raises(ValueError, match=says):
        read_idx(content, 3)


@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    for tried in (content, b"\x1f\x8b" + content, b"\0\0\x08\1" + content):
        try:
            array = read_idx(tried, 1)
        except ValueError:
            continue
        assert len(array) == len(unzipped(tried, LARGEST)) - 8


@pytest.mark.parametrize("sub", ["", "mnist", "MNIST/raw", "MNIST", "mnist/raw"])
def test_the_usual_layouts_of_mnist_are_found(sub: str, tmp_path: Path) -> None:
    write(zipped(FILES), tmp_path / sub)
    dataset = data.load("mnist", data_dir=tmp_path, manifest=MNIST)
    check(dataset)
    assert set(dataset.hashes) == {f"{part}.gz" for part in PARTS}


@pytest.mark.parametrize("sub", ["FashionMNIST/raw", "fashion_mnist"])
def test_a_data_sets_name_is_known_however_it_is_spelt(sub: str, tmp_path: Path) -> None:
    write(FILES, tmp_path / sub)
    check(load(tmp_path))


def npz(folder: Path, **changed: np.ndarray) -> Path:
    names = ("x_train", "y_train", "x_test", "y_test")
    dimensions = (3, 1, 3, 1)
    arrays = {
        n: read_idx(FILES[p], d) for n, p, d in zip(names, PARTS, dimensions, strict=True)
    } | changed
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "mnist.npz", **arrays)  # type: ignore[arg-type]
    return folder


@pytest.mark.parametrize("sub", ["", "mnist"])
def test_keras_one_file_holds_the_four(sub: str, tmp_path: Path) -> None:
    npz(tmp_path / sub)
    check(data.load("mnist", data_dir=tmp_path, manifest=MNIST))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"y_test": np.zeros(20, np.uint8)}, r"mnist\.npz: holds another t10k-labels"),
        ({"x_test": np.zeros((20, 3, 4))}, "x_test is of float64"),
        ({"x_train": np.array([{}], dtype=object)}, "no readable npz archive"),
    ],
)
def test_another_npz_is_refused(changed: dict[str, np.ndarray], says: str, tmp_path: Path) -> None:
    npz(tmp_path, **changed)
    with pytest.raises(CorruptFile, match=says):
        data.load("mnist", data_dir=tmp_path, manifest=MNIST)


def test_the_published_mnist_is_that_of_the_specification() -> None:
    """Its hashes are those of files whose MD5 the specification names."""
    folder = Path(__file__).parents[4] / "shared" / "data"
    if not (folder / "mnist").is_dir():
        pytest.skip("no MNIST beside the checkout")
    for file in published_manifest()["mnist"].files:
        content = unzipped((folder / "mnist" / file.name).read_bytes(), LARGEST * 64)
        assert hashlib.sha256(content).hexdigest() == file.unzipped
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == MD5[file.name[:-3]]


def disagreeing() -> dict[str, tuple[dict[str, bytes], str]]:
    images, labels, test_images, _ = PARTS
    return {
        "fewer labels": ({labels: idx(np.arange(119) % 10)}, "120 training images with 119 labels"),
        "no such class": ({labels: idx(np.arange(120) % 11)}, "a training label is 10"),
        "another shape": ({test_images: idx(np.zeros((20, 4, 3)))}, "differ in shape"),
        "none": ({images: idx(np.zeros((0, 3, 4))), labels: idx(np.zeros(0))}, "0 training"),
        "one of a class": ({labels: idx(np.arange(120) == 0)}, "least populated"),
    }


@pytest.mark.parametrize("case", disagreeing())
def test_files_that_disagree_are_refused(case: str, tmp_path: Path) -> None:
    changed, says = disagreeing()[case]
    files = FILES | changed
    write(files, tmp_path / "mnist")
    with pytest.raises(CorruptFile, match=says):
        data.load("mnist", data_dir=tmp_path, manifest=manifest_of(files, name="mnist"))


def test_images_have_no_rows_to_normalise() -> None:
    for name in registry._IMAGES:
        with pytest.raises(InvalidInput, match="row normalisation"):
            data.load(name, row_normalise=True)
