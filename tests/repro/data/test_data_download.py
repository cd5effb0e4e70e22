"""Downloads against a web server on this machine, well and badly behaved."""

from __future__ import annotations

import logging
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from file_server import Site, serving
from planetoid_files import git_hash, manifest_of, small_files
from rich.console import Console

from amverify.errors import CorruptFile, DataUnavailable
from repro import data
from repro.data.download import fetch
from repro.data.progress import download_bar
from repro.data.upstream import UpstreamFile

CONTENT = np.random.default_rng(0).bytes(300_000)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site({"f": CONTENT})) as served:
        yield served


def published(site: Site, content: bytes = CONTENT, size: int | None = None) -> UpstreamFile:
    return UpstreamFile(site.base + "f", git_hash(content), size, largest=2**20)


def part_of(cache: Path, file: UpstreamFile, content: bytes) -> Path:
    cache.mkdir()
    part = cache / f"{file.name}.{file.sha1[:12]}.part"
    part.write_bytes(content)
    return part


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("announce", [True, False])
@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_a_file_is_fetched_and_named_only_when_complete(
    site: Site, tmp_path: Path, announce: bool, size: int | None
) -> None:
    site.announce = announce
    assert fetch(published(site, size=size), tmp_path / "new" / "cache") == CONTENT
    assert names_in(tmp_path / "new" / "cache") == ["f"]
    assert (tmp_path / "new" / "cache" / "f").read_bytes() == CONTENT
    assert site.requests == [None]


def test_a_mirror_serves_where_the_address_does_not(site: Site, tmp_path: Path) -> None:
    good = published(site)
    for wrong in ("http://127.0.0.1:9/f", site.base + "absent"):
        assert fetch(replace(good, url=wrong, mirrors=(good.url,)), tmp_path / "c") == CONTENT
    site.files["other"] = b"something else"
    gone = replace(good, url="http://127.0.0.1:9/f", mirrors=(site.base + "other",))
    with pytest.raises(CorruptFile, match="other: delivers something other"):
        fetch(gone, tmp_path / "d")


def test_a_broken_transfer_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.faults = ["cut", "drop", "503", "cut"]
    with pytest.raises(DataUnavailable, match="broken off after 225000 bytes"):
        fetch(published(site), tmp_path)
    assert site.requests == [None, "bytes=150000-", "bytes=150000-", "bytes=150000-"]
    assert fetch(published(site), tmp_path) == CONTENT
    assert site.requests[4:] == ["bytes=225000-"]
    assert names_in(tmp_path) == ["f"]


def test_an_interrupt_keeps_what_arrived(site: Site, tmp_path: Path) -> None:
    def interrupt(name: str, done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(published(site), tmp_path, interrupt)
    (part,) = tmp_path.iterdir()
    kept = part.stat().st_size
    assert part.suffix == ".part"
    assert 0 < kept < len(CONTENT)
    assert fetch(published(site), tmp_path) == CONTENT
    assert site.requests == [None, f"bytes={kept}-"]


def test_a_complete_part_needs_no_request(site: Site, tmp_path: Path) -> None:
    file = published(site, size=len(CONTENT))
    part_of(tmp_path / "c", file, CONTENT)
    assert fetch(file, tmp_path / "c") == CONTENT
    assert site.requests == []
    assert names_in(tmp_path / "c") == ["f"]


@pytest.mark.parametrize("fault", ["", "416", "elsewhere", "vague"])
def test_a_part_that_cannot_be_resumed_is_fetched_anew(
    site: Site, tmp_path: Path, fault: str
) -> None:
    """Garbage in the part, or a server that answers Range wrongly, ends well all the same."""
    file = published(site)
    part_of(tmp_path / "c", file, bytes(1000))
    site.faults = [fault] * bool(fault)
    assert fetch(file, tmp_path / "c") == CONTENT
    assert (tmp_path / "c" / "f").read_bytes() == CONTENT
    assert site.requests == ["bytes=1000-", None]


def test_a_server_without_ranges_starts_over(site: Site, tmp_path: Path) -> None:
    site.ranges = False
    file = published(site)
    part_of(tmp_path / "c", file, CONTENT[:1000])
    assert fetch(file, tmp_path / "c") == CONTENT
    assert site.requests == ["bytes=1000-"]


@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_other_content_is_refused(site: Site, tmp_path: Path, size: int | None) -> None:
    file = published(site, CONTENT[:-1] + bytes([CONTENT[-1] ^ 1]), size)
    with pytest.raises(CorruptFile, match=r"/f: delivers something other than the published"):
        fetch(file, tmp_path)
    assert all(path.stat().st_size == 0 for path in tmp_path.iterdir())


@pytest.mark.parametrize("fault", ["", "endless"])
def test_oversize_is_cut_short(site: Site, tmp_path: Path, fault: str) -> None:
    """Announced or not, nothing beyond the limit is kept."""
    site.faults = [fault] * bool(fault)
    file = UpstreamFile(site.base + "f", git_hash(CONTENT), None, largest=100_000)
    arrived = [0]
    with pytest.raises(CorruptFile, match="more than the 100000 bytes"):
        fetch(file, tmp_path, lambda name, done, total: arrived.append(done))
    assert max(arrived) <= (100_000 if fault else 0)
    assert all(path.stat().st_size == 0 for path in tmp_path.iterdir())


def test_not_found_is_not_tried_again(site: Site, tmp_path: Path) -> None:
    site.faults = ["404"]
    with pytest.raises(DataUnavailable, match="answers 404 Not Found"):
        fetch(published(site), tmp_path)
    assert len(site.requests) == 1


def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_no_connection_says_so_at_once(tmp_path: Path, host: str) -> None:
    file = UpstreamFile(f"http://{host}:{unused_port()}/f", "0" * 40, None, 10)
    with pytest.raises(DataUnavailable, match="cannot be reached") as caught:
        fetch(file, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_read_only_cache_does_not_prevent_use(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert fetch(published(site), tmp_path / "cache") == CONTENT
    (line,) = caplog.messages
    assert "f cannot be kept in the cache" in line


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [100_000, len(CONTENT) - 1])
def test_a_full_disk_does_not_prevent_use(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, room: int
) -> None:
    """The mirror is dropped in the middle; no piece with a gap is left to be resumed."""
    with caplog.at_level(logging.WARNING), files_no_longer_than(room):
        assert fetch(published(site), tmp_path) == CONTENT
    assert names_in(tmp_path) == []
    (line,) = caplog.messages
    assert "used from memory" in line


def test_a_second_download_of_the_same_file_keeps_to_memory(site: Site, tmp_path: Path) -> None:
    """Started while the first one is under way, it neither waits nor disturbs."""
    file = published(site)
    seconds: list[bytes] = []

    def start_another(name: str, done: int, total: int | None) -> None:
        if not seconds:
            seconds.append(fetch(file, tmp_path))

    assert fetch(file, tmp_path, start_another) == CONTENT
    assert seconds == [CONTENT]
    assert (tmp_path / "f").read_bytes() == CONTENT


def test_progress_is_reported_to_the_end(site: Site, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []
    fetch(published(site), tmp_path, lambda *step: steps.append(step))
    done = [step[1] for step in steps]
    assert done == sorted(done)
    assert steps[-1] == ("f", len(CONTENT), len(CONTENT))


def test_the_bar_is_such_a_hook(site: Site, tmp_path: Path) -> None:
    console = Console(force_terminal=True, record=True, width=100)
    with download_bar(console) as hook:
        assert fetch(published(site), tmp_path, hook) == CONTENT
    assert "300.0/300.0 kB" in console.export_text()


def test_a_data_set_is_downloaded_once_and_then_cached(tmp_path: Path) -> None:
    contents = small_files()
    with serving(Site(contents)) as site:
        manifest = manifest_of(contents, base=site.base)
        first = data.load("cora", cache_dir=tmp_path / "c", manifest=manifest)
        assert len(site.requests) == 8
        again = data.load("cora", cache_dir=tmp_path / "c", manifest=manifest)
        assert len(site.requests) == 8
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert first.hashes == again.hashes
