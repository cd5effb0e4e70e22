"""Certificate files: what is stored is checked again, and anything else is refused by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from amverify.errors import CannotWrite
from proofs.kernel.polynomial import Refused
from proofs.script import certificates as certificates_io
from proofs.theorems import catalogue as groups

Data = dict[str, dict[str, list[dict[str, Any]]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the stored certificates."""
    return Path(shutil.copytree(certificates_io.FOLDER, tmp_path / "certificates"))


def edited(folder: Path, name: str, change: Callable[[Data], Any]) -> Path:
    """A theorem's file after a change to its content."""
    path = folder / f"{name}.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    found = change(data)
    path.write_text(json.dumps(data if found is None else found), encoding="utf-8")
    return folder


def _first(data: Data) -> tuple[str, str]:
    return next((p, s) for p, steps in data.items() for s, found in steps.items() if any(found))


def test_stored_certificates_are_what_the_search_finds(folder: Path) -> None:
    for name in ("T1", "T5", "G4"):
        before = (folder / f"{name}.json").read_text(encoding="utf-8")
        made = groups.prove(name, seek=True)
        certificates_io.save(name, made.found, folder)
        assert (folder / f"{name}.json").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("name", groups.ORDER)
def test_a_forged_multiplier_is_refused(name: str, folder: Path) -> None:
    path = folder / f"{name}.json"
    data: Data = json.loads(path.read_text(encoding="utf-8"))
    if not any(any(found) for steps in data.values() for found in steps.values()):
        pytest.skip(f"{name} needs no multipliers: its identities hold without equations")
    part, step = _first(data)
    at = next(i for i, p in enumerate(data[part][step]) if p)
    monomial = next(iter(data[part][step][at]))
    data[part][step][at][monomial] = "355/113"
    path.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(Refused, match="identity fails") as why:
        groups.prove(name, folder)
    assert name in str(why.value)
    assert step in str(why.value)


@pytest.mark.parametrize(
    "bad", [0.5, 1, True, None, "0.5", "1e3", "1/0", "1/-2", "nan", "½", "", " 1", [1], {"a": 1}]
)
def test_a_coefficient_that_is_no_rational_in_quotes_is_refused(bad: Any, folder: Path) -> None:
    def change(data: Data) -> None:
        part, step = _first(data)
        data[part][step][0] = {"1": bad}

    with pytest.raises(Refused, match=r"T1, step “.*not a rational number"):
        groups.prove("T1", edited(folder, "T1", change))


@pytest.mark.parametrize("bad", ["x^-1", "x^0", " ", "x  y", "x^999"])
def test_a_monomial_that_is_none_is_refused(bad: str, folder: Path) -> None:
    def change(data: Data) -> None:
        part, step = _first(data)
        data[part][step][0] = {bad: "1"}

    with pytest.raises(Refused, match="T1, step"):
        groups.prove("T1", edited(folder, "T1", change))


@pytest.mark.parametrize(
    "shape", [[], "T1", 3, None, {"descent": []}, {"descent": {"T1": {}}}, {"descent": {"T1": [1]}}]
)
def test_a_wrong_shape_is_refused(shape: Any, folder: Path) -> None:
    (folder / "T1.json").write_text(json.dumps(shape), encoding="utf-8")
    with pytest.raises(Refused, match="T1"):
        groups.prove("T1", folder)


def test_a_missing_file_a_missing_step_and_a_missing_multiplier(folder: Path) -> None:
    with pytest.raises(Refused, match=r"G4: the certificate file G4\.json is missing"):
        groups.prove("G4", folder / "nowhere")

    def without(data: Data) -> None:
        part, step = _first(data)
        del data[part][step]

    with pytest.raises(Refused, match=r"G4, step “.*not in the certificate file"):
        groups.prove("G4", edited(folder, "G4", without))

    def shorter(data: Data) -> None:
        part, step = _first(data)
        data[part][step].pop()

    with pytest.raises(Refused, match=r"T5.*step “.*not in the"):
        groups.prove("T5", edited(folder, "T5", shorter))


def test_a_file_that_was_cut_off_is_refused(folder: Path) -> None:
    path = folder / "T3.json"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(Refused, match=r"T3: T3.json is no JSON, or was cut off"):
        groups.prove("T3", folder)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Refused, match="T3"):
        groups.prove("T3", folder)
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(Refused, match="T3"):
        groups.prove("T3", folder)


def test_a_huge_file_is_refused_unread(folder: Path) -> None:
    with (folder / "T3.json").open("r+b") as handle:
        handle.truncate(certificates_io.LARGEST + 1)
    with pytest.raises(Refused, match="refused unread"):
        groups.prove("T3", folder)


def test_a_huge_number_is_refused(folder: Path) -> None:
    def change(data: Data) -> None:
        part, step = _first(data)
        data[part][step][0] = {"1": "9" * 3000}

    with pytest.raises(Refused, match="not a rational number"):
        groups.prove("T1", edited(folder, "T1", change))


def test_saving_leaves_the_old_file_until_the_new_one_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "T1.json").read_text(encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(CannotWrite, match="no space left"):
        certificates_io.save("T1", {}, folder)
    assert (folder / "T1.json").read_text(encoding="utf-8") == before
