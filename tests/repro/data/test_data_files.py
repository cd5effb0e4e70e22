"""Where files are looked for, in which order, and what is said when they are not right."""

from __future__ import annotations

from pathlib import Path

import pytest
from planetoid_files import manifest_of, small_files, write

from amverify.errors import CorruptFile, DataUnavailable, InvalidInput
from repro import data
from repro.data.upstream import git_blob_sha1, published_manifest

CONTENTS = small_files()
MANIFEST = manifest_of(CONTENTS)  # its address, port 9 of this machine, answers nobody


def test_git_names_files_as_git_does() -> None:
    """``git hash-object`` of an empty file and of "hello\\n"."""
    assert git_blob_sha1(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git_blob_sha1(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_the_published_table_is_complete() -> None:
    manifest = published_manifest()
    assert {name: len(source.files) for name, source in manifest.items()} == {
        "cora": 8,
        "citeseer": 8,
        "pubmed": 8,
        "coauthor_cs": 1,
        "fashion_mnist": 4,
        "mnist": 4,
    }
    for name, source in manifest.items():
        for file in source.files:
            host = (
                "ossci-datasets.s3.amazonaws.com"
                if name == "mnist"
                else "raw.githubusercontent.com"
            )
            assert file.url.startswith(f"https://{host}/")
            assert all(mirror.endswith(f"/{file.name}") for mirror in file.mirrors)
            assert len(bytes.fromhex(file.sha1)) == 20
            assert 0 < file.limit <= 2**26


@pytest.mark.parametrize("sub", ["", "planetoid", "data", "planetoid/data", "cora/raw", "Cora/raw"])
def test_the_usual_layouts_are_found(sub: str, tmp_path: Path) -> None:
    write(CONTENTS, tmp_path / sub)
    assert len(data.load("cora", data_dir=tmp_path, manifest=MANIFEST).train) == 4


def test_the_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(CONTENTS, tmp_path)
    monkeypatch.setenv("AMVERIFY_DATA", str(tmp_path))
    assert len(data.load("cora", manifest=MANIFEST).train) == 4


def test_the_folder_given_goes_before_the_variable_and_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = dict.fromkeys(CONTENTS, b"something else")
    monkeypatch.setenv("AMVERIFY_DATA", str(write(wrong, tmp_path / "variable")))
    cache = write(wrong, tmp_path / "cache")
    given = write(CONTENTS, tmp_path / "given")
    assert data.load("cora", data_dir=given, cache_dir=cache, manifest=MANIFEST).classes == 2
    with pytest.raises(CorruptFile, match="variable/ind"):
        data.load("cora", cache_dir=given, manifest=MANIFEST)


def test_what_the_folder_lacks_comes_from_the_cache(tmp_path: Path) -> None:
    halves = [dict(list(CONTENTS.items())[part]) for part in (slice(4), slice(4, 8))]
    folder, cache = (write(half, tmp_path / str(n)) for n, half in enumerate(halves))
    assert data.load("cora", data_dir=folder, cache_dir=cache, manifest=MANIFEST).classes == 2


def test_the_default_cache_is_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("repro.data.files.platformdirs.user_cache_dir", lambda app: tmp_path / app)
    write(CONTENTS, tmp_path / "amverify" / "data")
    assert data.load("cora", download=False, manifest=MANIFEST).classes == 2


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "is not the published file"),
        (lambda content: content[:-7], "bytes|not the published"),
        (lambda content: content + b"!", "bytes|not the published"),
        (lambda content: b"", "bytes|not the published"),
        (lambda content: bytes(2**20 + 1), "has more than"),
    ],
)
def test_a_changed_file_is_refused(spoil: object, says: str, sized: bool, tmp_path: Path) -> None:
    assert callable(spoil)
    write(CONTENTS | {"ind.cora.tx": spoil(CONTENTS["ind.cora.tx"])}, tmp_path)
    with pytest.raises(CorruptFile, match=says) as caught:
        data.load("cora", data_dir=tmp_path, manifest=manifest_of(CONTENTS, sized=sized))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/ind.cora.tx: ")
    assert "replace it by http://127.0.0.1:9/ind.cora.tx" in message
    assert "\n" not in message


def test_a_truncated_file_says_how_much_is_there(tmp_path: Path) -> None:
    size = len(CONTENTS["ind.cora.tx"])
    write(CONTENTS | {"ind.cora.tx": CONTENTS["ind.cora.tx"][:10]}, tmp_path)
    with pytest.raises(CorruptFile, match=rf"ind\.cora\.tx: has 10 of {size} bytes"):
        data.load("cora", data_dir=tmp_path, manifest=MANIFEST)


@pytest.mark.parametrize("kind", ["folder", "dangling link"])
def test_what_cannot_be_read_is_named(kind: str, tmp_path: Path) -> None:
    write(CONTENTS, tmp_path)
    path = tmp_path / "ind.cora.tx"
    path.unlink()
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    with pytest.raises(CorruptFile, match=r"ind\.cora\.tx: cannot be read \("):
        data.load("cora", data_dir=tmp_path, manifest=MANIFEST)


@pytest.mark.parametrize(
    ("download", "says"),
    [(False, "nothing is downloaded now"), (True, r"cannot be reached \(Connection refused\)")],
)
def test_what_cannot_be_had_says_how_to_get_it(download: bool, says: str, tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=says) as caught:
        data.load(
            "cora",
            data_dir=tmp_path,
            cache_dir=tmp_path / "cache",
            download=download,
            manifest=MANIFEST,
        )
    message = str(caught.value)
    assert message.startswith(
        f"cora: ind.cora.x is not in {tmp_path} (given by --data-dir) nor in the cache "
        f"{tmp_path}/cache"
    )
    for needed in (*CONTENTS, "https://example.org/data", "--data-dir", "AMVERIFY_DATA"):
        assert needed in message
    assert "\n" not in message
    assert caught.value.exit_status == 4


@pytest.mark.parametrize("name", ["cora", "cifar10"])
def test_a_folder_of_the_variable_that_lacks_the_data_is_named_with_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMVERIFY_DATA", str(tmp_path))
    with pytest.raises(DataUnavailable) as caught:
        data.load(name, cache_dir=tmp_path / "cache", download=False, manifest=MANIFEST)
    assert f"not in {tmp_path} (given by AMVERIFY_DATA)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidInput, match=r"absent: given by --data-dir, but no such folder"):
        data.load("cora", data_dir=tmp_path / "absent", manifest=MANIFEST)
    monkeypatch.setenv("AMVERIFY_DATA", str(tmp_path / "absent"))
    with pytest.raises(InvalidInput, match=r"absent: given by AMVERIFY_DATA"):
        data.load("cora", manifest=MANIFEST)
    assert data.load("digits").classes == 10


@pytest.mark.parametrize("name", ["", "Cora", "ogbn-arxiv", "../cora"])
def test_an_unknown_name_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidInput, match="there are cora, citeseer, pubmed, coauthor_cs"):
        data.load(name)


def test_the_exit_statuses_of_bad_input_and_of_data() -> None:
    assert InvalidInput.exit_status == 2
    assert DataUnavailable.exit_status == CorruptFile.exit_status == 4


def test_what_is_at_hand_is_said_by_hashes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("repro.data.registry.published_manifest", lambda: MANIFEST)
    monkeypatch.setattr("repro.data.files.default_cache", lambda: tmp_path / "cache")
    monkeypatch.setattr("repro.data.registry._read", None)  # nothing is read
    (tmp_path / "given").mkdir()
    with pytest.raises(DataUnavailable, match=r"ind\.cora\.x is not in"):
        data.at_hand("cora", tmp_path / "given")
    write(CONTENTS, tmp_path / "given")
    data.at_hand("cora", tmp_path / "given")
    write(CONTENTS | {"ind.cora.tx": b"something else"}, tmp_path / "given")
    with pytest.raises(CorruptFile, match=r"ind\.cora\.tx"):
        data.at_hand("cora", tmp_path / "given")
    data.at_hand("digits")
    with pytest.raises(InvalidInput, match="unknown data set 'core'"):
        data.at_hand("core")
