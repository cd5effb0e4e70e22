r"""The trace: what a method leaves behind, and all that a theorem ever sees of it.

Four tables of columns, each column one array over rows:

* ``blocks``: one row per block update (sweep, kind, layer; ΔF, ‖e‖², ⟨Δ,e⟩, ‖Δ‖², L, s, t, …),
* ``sweeps``: one row per sweep or step of an optimiser (value, gradient, step, …); the row of
  sweep 0 is the start,
* ``measures``: what is dear and so measured now and then (residuals, gap, accuracy),
* ``replays``: one row per fresh draw of a batch from a saved state of a stochastic run.

A column ``x_error`` bounds the rounding error of column ``x``; +∞ says that it is unknown, there
and in ``execution``. A column that was not recorded is absent; a recorded one is finite. The header
is JSON: subject, settings, constants, versions.

A trace file is a line of magic, then chunks

    tag (1 byte) · rows (uint32) · length (uint64) · crc32 of all else (uint32) · payload

the first of which is the header; the others hold whole rows of fixed width. Of a file that was cut
off every whole chunk counts, that is, all rows but the last ``CHUNK``: what is left of the last
chunk has no checksum, so nothing says that it is what was written. Nothing in it is executed.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import CannotWrite, CorruptFile, InvalidInput
from amverify.trace.header import checked

Column = NDArray[Any]
Table = Mapping[str, Column]
MAGIC = b"AMVERIFY TRACE 1\n"
_HEAD = struct.Struct("<cIQ")
_CRC = struct.Struct("<I")
_TAGS = {"blocks": b"B", "sweeps": b"S", "measures": b"M", "replays": b"R"}
_HEADER, _END, _ITERATE = b"H", b"E", b"I"
CHUNK = 1024
"""Rows of a chunk, at most; a file that is cut off loses fewer."""
_TYPES = ("<i8", "<f8", "|S4", "|S10")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")

KEYS = {
    "blocks": ("sweep", "replicate", "kind", "layer"),
    "sweeps": ("sweep", "replicate"),
    "measures": ("sweep", "replicate"),
    "replays": ("sweep", "replicate", "kind", "layer"),
}
"""The columns that say where a row belongs; every table has them."""

COLUMNS: dict[str, dict[str, str]] = {
    "blocks": {
        "update": "gradient (T1), proximal (T1p) or other",
        "change": "ΔF of this update, by the difference form",
        "execution": "what rounding of the step itself can add to ΔF",
        "step": "‖e‖², e = u^{k+1} − u^k",
        "cross": "⟨Δ, e⟩, Δ = u^k − u^{k−1}",
        "inertia": "‖Δ‖²",
        "bend": "⟨d, ∇²H d⟩, d = e − p2Δ",
        "norm": "‖u^{k+1}‖²",
        "modulus": "L, the block's modulus",
        "s": "step scale",
        "t": "1 + p3",
        "p1": "inertia of the proximal centre",
        "p2": "inertia of the gradient's point",
        "delta": "δ^k, the Lyapunov weight that the block carries",
        "delta_next": "δ^{k+1}",
        "gamma": "γ of T1p; 0 elsewhere",
        "backtracks": "doublings of L, by the replicate that needed most",
        "weighted": "Σ_j e_j²/α_j, for step sizes α_j",
        "slope": "⟨∇_if, e⟩ at the point where the block was updated",
        "momentum": "β of this update, where it is e = −D∇_if + βΔ",
        "inverse": "Σ_j Δ_j²/α_j, with this update's step sizes",
        "carried": "Σ_j δ_jΔ_j², the Lyapunov weights that the block carries",
        "left": "Σ_j δ_j e_j², the weights that it leaves",
        "alpha_low": "the smallest step size of this update",
        "alpha_high": "the largest",
        "pull": "Σ_j α_j(∇_if)_j²",
        "square": "Σ_j α_j²(∇_if)_j²",
        "noise": "Σ_j α_j²σ_ij², σ_ij² the variance of the batch gradient's coordinate j",
        "variance": "Σ_j σ_ij²",
        "expected_change": "E f(v_i − U_iD_ig_i) − f(v_i) over the batch, by enumeration",
        "bias": "‖E[g_i − ∇_if(v_i)]‖ with one batch for the sweep, by enumeration",
        "earlier": "Σ_{j<i} E‖g_j‖ of the blocks updated before in the sweep",
        "predictable_change": "S6: E f's change with α_max fixed before the sample is drawn",
        "hyper_bad": "1 where the hypergradient was not finite, else 0",
        "alpha_change": "the largest change of a step size by the meta-step that followed",
    },
    "sweeps": {
        "value": "F after the sweep",
        "lyapunov": "Ψ after the sweep",
        "change": "F^k − F^{k−1}, by difference forms",
        "execution": "what rounding of the step itself can add to F^k",
        "step": "‖x^k − x^{k−1}‖²",
        "cross": "⟨x^{k−1} − x^{k−2}, x^k − x^{k−1}⟩",
        "inertia": "‖x^{k−1} − x^{k−2}‖²",
        "norm": "‖x^k‖²",
        "gradient": "‖∇f(x^k)‖²",
        "slope": "⟨∇f(x^{k−1}), x^k − x^{k−1}⟩",
        "departure": "‖e + η∇f(x^{k−1}) − βΔ‖, what the step is off the declared formula; its "
        "error bound covers the rounding of the step itself",
        "eta": "the step size η used in this sweep",
        "alpha_min": "the smallest step size used",
        "alpha_max": "the largest",
        "momentum": "β used in this sweep",
        "eps": "ε of the band in this sweep",
        "rho": "ρ in this sweep",
        "residual": "dist(0, ∂Ψ(x^k)), where it is not √gradient",
        "expected_change": "E f(w^k) − f(w^{k−1}) given w^{k−1}, by enumeration",
        "second_moment": "max_i of E‖∇_iℓ(v_i;ξ)‖² and E‖∇_iℓ(w^{k−1};ξ)‖²; of a replayed sweep "
        "its error spans what is not known of the v_i",
        "mean_value": "E f(w^k) over all batches so far",
        "mean_gradient": "E‖∇f(w^k)‖² over all batches so far",
        "mean_slopes": "E Σ_i ‖∇_if(v_i)‖² in this sweep, over all batches so far",
        "mean_noise": "Σ_i L_i E σ_i² in this sweep, over all batches so far",
        "mean_moment": "``second_moment``, over all batches so far",
    },
    "measures": {
        "residual_block": "norm of the block-wise residual",
        "residual_joint": "norm of the joint residual (C1)",
        "weight_gradient": "‖∇_W F‖ over all layers",
        "gap": "Σ_l ‖a_l − h(z_l)‖²",
        "active": "share of coordinates at which a side of the band is active",
        "infeasible": "largest violation of the present band",
        "curvature": "least curvature of F seen along the path",
        "train_accuracy": "share of training samples predicted rightly",
        "test_accuracy": "share of test samples predicted rightly",
    },
    "replays": {
        "draw": "0, 1, 2, … in the order of drawing",
        "change": "f(w⁺) − f(w) of this draw, f the full objective",
        "low": "a lower bound of ``change`` that was known before the draw",
        "high": "an upper bound",
    },
}
"""Every column that the project's theorems read, and what it holds."""


@dataclass(frozen=True)
class Trace:
    """What one run left behind.

    Args:
        header: plain JSON: ``subject``, ``settings``, ``constants``, ``versions``, …
        blocks: one row per block update.
        sweeps: one row per sweep.
        measures: one row per measurement.
        replays: one row per fresh draw from a saved state.
        iterates: full iterates of some sweeps, by sweep and name.
        complete: ``False`` if the file was cut off.

    Raises:
        InvalidInput: for columns that do not fit together, wrong dtypes, or entries that are
            not finite, naming table, column and row.
    """

    header: Mapping[str, Any]
    blocks: Table = field(default_factory=dict)
    sweeps: Table = field(default_factory=dict)
    measures: Table = field(default_factory=dict)
    iterates: Mapping[int, Mapping[str, Column]] = field(default_factory=dict)
    complete: bool = True
    replays: Table = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in _TAGS:
            _check(name, self.table(name))

    def table(self, name: str) -> Table:
        """One of the tables by name."""
        table: Table = getattr(self, name)
        return table

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        table = self.table(name)
        return len(next(iter(table.values()))) if table else 0

    @property
    def constants(self) -> Mapping[str, Any]:
        """Constants that came with the run, by name."""
        found: Mapping[str, Any] = self.header.get("constants", {})
        return found

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the method that ran, and facts of its problem."""
        found: Mapping[str, Any] = self.header.get("settings", {})
        return found


def _check(name: str, table: Table) -> None:
    if not table:
        return
    lengths = {column: len(values) for column, values in table.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"trace, {name}: columns of different lengths: {lengths}")
    for key in KEYS[name]:
        if key not in table:
            raise InvalidInput(f"trace, {name}: column {key!r} is missing")
    for column, values in table.items():
        if not _NAME.fullmatch(column):
            raise InvalidInput(f"trace, {name}: {column!r} is not a column name")
        if values.ndim != 1 or values.dtype.str not in _TYPES:
            raise InvalidInput(
                f"trace, {name}.{column}: expected one dimension of int64, float64 or short "
                f"bytes, got {values.ndim} of {values.dtype}"
            )
        if (column in ("kind", "update")) != (values.dtype.kind == "S"):
            raise InvalidInput(f"trace, {name}.{column}: wrong type {values.dtype}")
        strange = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(1, dtype=bool)
        if column == "execution" or column.endswith("_error"):
            strange &= values != np.inf
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            where = ", ".join(f"{key} {_plain(table[key][row])}" for key in KEYS[name])
            raise InvalidInput(f"trace, {name}.{column}: {values[row]} in row {row} ({where})")


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


class TraceWriter:
    """Writes a trace row by row; ``close`` gives it its name.

    Until then the rows are in ``<path>.partial``, readable at any time.

    Raises:
        CannotWrite: if the disk does not take it.
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path, self.partial = path, path.with_name(path.name + ".partial")
        self._columns: dict[str, list[tuple[str, str]]] = {}
        try:
            line = json.dumps(header, allow_nan=False, sort_keys=True)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"trace header: not plain finite JSON ({error})") from None
        try:
            self._file: IO[bytes] = self.partial.open("wb")
        except OSError as error:
            raise CannotWrite(f"{self.partial}: {error.strerror}") from None
        self._put(MAGIC)
        self._chunk(_HEADER, 0, line.encode())

    def append(self, name: str, table: Table) -> None:
        """Append rows to one of the tables."""
        _check(name, table)
        if not table:
            return
        types = [(column, values.dtype.str) for column, values in table.items()]
        rows = np.empty(len(next(iter(table.values()))), dtype=np.dtype(types))
        for column, values in table.items():
            rows[column] = values
        layout = (json.dumps(types) + "\n").encode()
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            self._chunk(_TAGS[name], len(part), layout + part.tobytes())

    def iterate(self, sweep: int, arrays: Mapping[str, Column]) -> None:
        """Keep full iterates of a sweep."""
        for key, values in arrays.items():
            head = {"sweep": sweep, "name": key, "shape": values.shape}
            data = np.ascontiguousarray(values, dtype="<f8").tobytes()
            self._chunk(_ITERATE, 1, (json.dumps(head) + "\n").encode() + data)

    def close(self) -> None:
        """End the file, and give it its name."""
        self._chunk(_END, 0, b"")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self.partial.replace(self.path)
        except OSError as error:
            raise CannotWrite(f"{self.path}: {error.strerror}") from None

    def _chunk(self, tag: bytes, rows: int, payload: bytes) -> None:
        head = _HEAD.pack(tag, rows, len(payload))
        self._put(head + _CRC.pack(zlib.crc32(payload, zlib.crc32(head))))
        self._put(payload)

    def _put(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise CannotWrite(f"{self.partial}: {error.strerror}") from None


def save_trace(trace: Trace, path: Path) -> None:
    """Write a trace whole, by way of a temporary file beside it.

    Raises:
        CannotWrite: if the disk does not take it; what was there stays.
    """
    writer = TraceWriter(path, trace.header)
    for name in _TAGS:
        writer.append(name, trace.table(name))
    for sweep, arrays in trace.iterates.items():
        writer.iterate(sweep, arrays)
    writer.close()


def load_trace(path: Path) -> Trace:
    """Read a trace; of one that was cut off, the rows of every whole chunk before the cut.

    Raises:
        InvalidInput: if there is no such file, its rows are not finite, or its header says what
            it cannot.
        CorruptFile: if it is not a trace, or a chunk is not what was written.
    """
    try:
        with (
            path.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        ):
            return _parse(path, data)
    except OSError as error:
        raise InvalidInput(f"{path}: {error.strerror}") from None
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None
    except ValueError as error:
        raise CorruptFile(f"{path}: not a trace ({error})") from None


def _parse(path: Path, data: mmap.mmap) -> Trace:
    if data[: len(MAGIC)] != MAGIC:
        raise CorruptFile(f"{path}: not a trace file (its first line is another)")
    chunks = _chunks(path, data, len(MAGIC))
    tag, _, payload = next(chunks, (b"", 0, b""))
    if tag != _HEADER:
        raise CorruptFile(f"{path}: cut off inside its header")
    header = _json(path, payload)
    if not isinstance(header, dict):
        raise CorruptFile(f"{path}: its header is not a JSON object")
    checked(header)
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in _TAGS}
    iterates: dict[int, dict[str, Column]] = {}
    names = {tag: name for name, tag in _TAGS.items()}
    complete = False
    for tag, rows, payload in chunks:
        if tag == _END:
            complete = True
        elif tag == _ITERATE:
            sweep, key, values = _iterate(path, payload)
            iterates.setdefault(sweep, {})[key] = values
        elif tag in names:
            parts[names[tag]].append(_rows(path, payload, rows))
        else:
            raise CorruptFile(f"{path}: unknown chunk {tag!r}")
    tables = {name: _joined(path, name, found) for name, found in parts.items()}
    return Trace(header, **tables, iterates=iterates, complete=complete)


def _chunks(path: Path, data: mmap.mmap, at: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Tag, rows and payload of every whole chunk; a checksum is checked before it is used."""
    prefix = _HEAD.size + _CRC.size
    while at + prefix <= len(data):
        head = data[at : at + _HEAD.size]
        tag, rows, length = _HEAD.unpack(head)
        (crc,) = _CRC.unpack(data[at + _HEAD.size : at + prefix])
        at += prefix
        if length > len(data) - at:
            return
        payload = data[at : at + length]
        if zlib.crc32(payload, zlib.crc32(head)) != crc:
            raise CorruptFile(f"{path}: the checksum of the chunk at byte {at} is wrong")
        yield tag, rows, payload
        at += length


def _json(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise CorruptFile(f"{path}: bad JSON ({error})") from None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _rows(path: Path, payload: bytes, rows: int) -> NDArray[Any]:
    layout, _, body = payload.partition(b"\n")
    types = _json(path, layout)
    try:
        known = [(str(name), str(kind)) for name, kind in types]
        if not known or any(kind not in _TYPES for _, kind in known):
            raise ValueError(f"columns {types}")
        dtype = np.dtype(known)
    except (TypeError, ValueError) as error:
        raise CorruptFile(f"{path}: bad column layout ({error})") from None
    if len(body) != rows * dtype.itemsize:
        raise CorruptFile(f"{path}: a chunk says {rows} rows and holds {len(body)} bytes of them")
    return np.frombuffer(body, dtype=dtype, count=rows)


def _iterate(path: Path, payload: bytes) -> tuple[int, str, Column]:
    head, _, body = payload.partition(b"\n")
    facts = _json(path, head)
    try:
        values = np.frombuffer(body, dtype="<f8").reshape([int(n) for n in facts["shape"]])
        return int(facts["sweep"]), str(facts["name"]), values
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptFile(f"{path}: bad iterate ({error})") from None


def _joined(path: Path, name: str, parts: list[NDArray[Any]]) -> dict[str, Column]:
    parts = [part for part in parts if len(part)]
    if not parts:
        return {}
    columns = parts[0].dtype.names
    if any(part.dtype != parts[0].dtype for part in parts):
        raise CorruptFile(f"{path}: the columns of {name} change inside the file")
    assert columns is not None
    return {column: np.concatenate([part[column] for part in parts]) for column in columns}
