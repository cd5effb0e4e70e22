"""A site in its place, and what writers of it who were killed left beside it."""

from __future__ import annotations

import os
import time

from repro.site.placed import DAY, MARK, placed

FILES = (("index.html", "<p>"), ("tables/one.html", b"<p>"))


def test_what_killed_writers_left_a_day_ago_goes_and_nothing_else(tmp_path):
    out, long_ago = tmp_path / "site", time.time() - DAY - 60

    def left(name: str, mark: bool = True, when: float = long_ago):
        folder = tmp_path / name
        folder.mkdir()
        (folder / (MARK if mark else "index.html")).touch()
        os.utime(folder, (when, when))
        return folder

    digits = "0123456789abcdef"
    gone = [left(f".site.{digits}.tmp"), left(f".site.{digits}.old.tmp")]
    kept = [left(f".site.{digits[::-1]}.tmp", when=time.time()), left(f".sites.{digits}.tmp"),
            left(f".site.{digits[1:]}0.tmp", mark=False), left("site.tmp")]  # fmt: skip
    linked = tmp_path / f".site.{'0' * 16}.tmp"
    linked.symlink_to(kept[-1])
    assert placed(FILES, out) == 2
    assert not any(folder.exists() for folder in gone)
    assert all(folder.is_dir() for folder in (*kept, linked))
    assert {path.name for path in out.iterdir()} == {MARK, "index.html", "tables"}
