"""A process of others: heard in bounds, stopped in time, not waited for through its children."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amverify.subject.process import KEPT, Said, in_a_process, watched

LOUD = "import sys; [sys.stderr.write('x' * 10**6) for _ in range({})]; sys.stderr.write('the end')"


def heard(*parts: bytes) -> str:
    said = Said()
    for part in parts:
        said.add(part)
    return said.text()


@given(st.lists(st.integers(0, 3 * KEPT), max_size=6), st.data())
def test_whatever_the_pieces_the_beginning_and_the_end_are_kept(sizes, data):
    whole = b"".join(bytes([97 + i]) * size for i, size in enumerate(sizes))
    text, at, pieces = "", 0, []
    for size in sizes:
        pieces.append(whole[at : at + size])
        at += size
    text = heard(*pieces)
    if len(whole) <= 2 * KEPT:
        assert text == whole.decode()
    else:
        assert text.startswith(whole[:KEPT].decode())
        assert text.endswith(whole[-KEPT:].decode())
        assert f"… {len(whole) - 2 * KEPT:,} bytes of standard error left out …" in text
        assert len(text) < 2 * KEPT + 80


def test_no_more_is_kept_than_both_ends_and_one_more():
    said = Said()
    for _ in range(1000):
        said.add(b"y" * KEPT)
    assert len(said._first) + len(said._last) <= 4 * KEPT


def test_a_process_that_says_much_is_heard_to_its_end(tmp_path):
    status, said = watched([sys.executable, "-c", LOUD.format(30)], 60, tmp_path, None)
    assert status == 0
    assert said.endswith("the end")
    assert len(said) < 3 * KEPT
    assert "29,868,935 bytes of standard error left out" in said


def test_its_last_line_is_what_went_wrong_however_much_was_said_before(tmp_path):
    code = (
        LOUD.format(1) + "; sys.stderr.write('\\nValueError: no (a.py, line 3)\\n'); sys.exit(70)"
    )
    with pytest.raises(Exception, match=r"^subject it: ValueError: no \(a.py, line 3\)$"):
        in_a_process("it", [code], 60, tmp_path)


def test_a_child_of_its_own_that_holds_standard_error_is_not_waited_for(tmp_path):
    code = "import subprocess, sys; subprocess.Popen(['sleep', '5']); sys.stderr.write('done')"
    status, said = watched([sys.executable, "-c", code], 60, tmp_path, None)
    assert (status, said) == (0, "done")


def test_one_that_never_ends_is_stopped(tmp_path):
    with pytest.raises(subprocess.TimeoutExpired):
        watched([sys.executable, "-c", "while True: pass"], 0.2, tmp_path, None)
