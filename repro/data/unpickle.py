"""Read the pickles of the Planetoid files, and of CIFAR-10's, without running them.

A pickle is a program for a stack machine, and Python's own machine will import and call
whatever the program names. The Planetoid files need thirty of its instructions and six
names. This machine has those and no others, and the names stand for data, not for
functions: nothing is imported, nothing is called, no attribute is set. A pickle that asks
for anything else is refused.

What can come out is an array of int32/int64/float32/float64/bytes with one or two axes, the
parts of a CSR matrix, or a ``dict`` of lists and arrays (the graph, a batch). For example the
instructions of ``ind.cora.y``, an int32 array of shape (140, 7):

    PROTO 2  GLOBAL numpy.core.multiarray _reconstruct  GLOBAL numpy ndarray  …  REDUCE
    MARK  1  (140, 7)  GLOBAL numpy dtype ('i4', 0, 1) REDUCE … BUILD  False  'bytes…'
    TUPLE  BUILD  STOP

Work and memory are bounded by the length of the file: a declared shape must agree with
the bytes that are there, and nothing is ever hashed, compared or printed recursively.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from math import prod
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

_MOST_INSTRUCTIONS = 1_000_000
_LONGEST_NAME = 100
_ITEM_TYPES = (b"i4", b"i8", b"f4", b"f8", b"u1")
_BYTE_ORDERS = (b"<", b">", b"|")  # the last where there is but one, for bytes


class Refused(ValueError):
    """The pickle asks for something that no Planetoid file needs; the message says what."""


class SparseParts(NamedTuple):
    """A CSR matrix as the file states it, nothing checked but the types."""

    shape: tuple[int, int]
    indptr: NDArray[Any]
    indices: NDArray[Any]
    data: NDArray[Any]


class _Name(Enum):
    """The six things that a pickle may name, under the names of Python 2's libraries."""

    RECONSTRUCT = b"numpy.core.multiarray _reconstruct"
    NDARRAY = b"numpy ndarray"
    DTYPE = b"numpy dtype"
    CSR = b"scipy.sparse.csr csr_matrix"
    DEFAULTDICT = b"collections defaultdict"
    LIST = b"__builtin__ list"


@dataclass(eq=False)
class _Shell:
    """An array, dtype or matrix between its creation and its BUILD instruction."""

    kind: _Name
    item_type: bytes = b""
    value: Any = None


class _Machine:
    def __init__(self, program: bytes) -> None:
        self.program = program
        self.position = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> object:
        if self.take(2) != b"\x80\x02":
            _refuse("it is not a pickle of protocol 2")
        for _ in range(_MOST_INSTRUCTIONS):
            code = self.take(1)
            if code == b".":
                return self.pop()
            instruction = _INSTRUCTIONS.get(code)
            if instruction is None:
                _refuse(f"instruction {code!r} at byte {self.position - 1} is not admitted")
            instruction(self)
        _refuse(f"it has more than {_MOST_INSTRUCTIONS} instructions")

    def take(self, count: int) -> bytes:
        start, self.position = self.position, self.position + count
        if count < 0 or self.position > len(self.program):
            _refuse("it ends too early")
        return self.program[start : self.position]

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def line(self) -> bytes:
        end = self.program.find(b"\n", self.position, self.position + _LONGEST_NAME)
        if end < 0:
            _refuse("a name does not end")
        return self.take(end + 1 - self.position)[:-1]

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            _refuse("it takes from an empty stack")
        return self.stack.pop()

    def top(self, kind: type) -> Any:
        value = self.pop()
        self.push(value)
        if type(value) is not kind:
            _refuse(f"it treats a {type(value).__name__} as a {kind.__name__}")
        return value

    def since_mark(self) -> list[Any]:
        if not self.marks:
            _refuse("a mark is missing")
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def several(self, count: int) -> tuple[Any, ...]:
        return tuple([self.pop() for _ in range(count)][::-1])

    def name(self) -> None:
        wanted = self.line() + b" " + self.line()
        if wanted not in _NAMES:
            _refuse(f"it names {wanted.decode('latin-1')!r}")
        self.push(_NAMES[wanted])

    def store(self, index: int) -> None:
        value = self.pop()
        self.push(value)
        self.memo[index] = value

    def recall(self, index: int) -> None:
        if index not in self.memo:
            _refuse("it recalls what it never stored")
        self.push(self.memo[index])

    def mark(self) -> None:
        self.marks.append(len(self.stack))

    def append(self, *items: Any) -> None:
        self.top(list).extend(items)

    def set_items(self, *items: Any) -> None:
        target = self.top(dict)
        if len(items) % 2:
            _refuse("a key has no value")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in (int, bytes):
                _refuse(f"it uses a {type(key).__name__} as a key")
            target[key] = value

    def create(self) -> None:
        name, arguments = self.several(2)
        self.push(_created(name, arguments))

    def build(self) -> None:
        shell, state = self.several(2)
        if type(shell) is not _Shell or shell.value is not None:
            _refuse("it sets the state of something that has none to set")
        shell.value = _STATES[shell.kind](shell, state)
        self.push(shell)


_NAMES = {name.value: name for name in _Name}

_INSTRUCTIONS: dict[bytes, Callable[[_Machine], None]] = {
    b"c": _Machine.name,  # GLOBAL
    b"q": lambda m: m.store(m.number("<B")),  # BINPUT
    b"r": lambda m: m.store(m.number("<I")),  # LONG_BINPUT
    b"h": lambda m: m.recall(m.number("<B")),  # BINGET
    b"j": lambda m: m.recall(m.number("<I")),  # LONG_BINGET
    b"K": lambda m: m.push(m.number("<B")),  # BININT1
    b"M": lambda m: m.push(m.number("<H")),  # BININT2
    b"J": lambda m: m.push(m.number("<i")),  # BININT
    b"U": lambda m: m.push(m.take(m.number("<B"))),  # SHORT_BINSTRING
    b"T": lambda m: m.push(m.take(m.number("<i"))),  # BINSTRING
    b"N": lambda m: m.push(None),  # NONE
    b"\x88": lambda m: m.push(True),  # NEWTRUE
    b"\x89": lambda m: m.push(False),  # NEWFALSE
    b"(": _Machine.mark,  # MARK
    b")": lambda m: m.push(()),  # EMPTY_TUPLE
    b"\x85": lambda m: m.push(m.several(1)),  # TUPLE1
    b"\x86": lambda m: m.push(m.several(2)),  # TUPLE2
    b"\x87": lambda m: m.push(m.several(3)),  # TUPLE3
    b"t": lambda m: m.push(tuple(m.since_mark())),  # TUPLE
    b"]": lambda m: m.push([]),  # EMPTY_LIST
    b"a": lambda m: m.append(m.pop()),  # APPEND
    b"e": lambda m: m.append(*m.since_mark()),  # APPENDS
    b"}": lambda m: m.push({}),  # EMPTY_DICT
    b"s": lambda m: m.set_items(*m.several(2)),  # SETITEM
    b"u": lambda m: m.set_items(*m.since_mark()),  # SETITEMS
    b"R": _Machine.create,  # REDUCE
    b"\x81": _Machine.create,  # NEWOBJ
    b"b": _Machine.build,  # BUILD
}


def _created(name: object, arguments: object) -> object:
    """What REDUCE and NEWOBJ make of a name: an empty shell, or an empty graph."""
    match name, arguments:
        case _Name.RECONSTRUCT, (_Name.NDARRAY, *_):
            return _Shell(_Name.NDARRAY)
        case _Name.DTYPE, (bytes() as item_type, 0, 1) if item_type in _ITEM_TYPES:
            return _Shell(_Name.DTYPE, item_type)
        case _Name.CSR, ():
            return _Shell(_Name.CSR)
        case _Name.DEFAULTDICT, (_Name.LIST,):
            return {}
    _refuse("it calls something, or asks for numbers other than int32/64, float32/64 and bytes")


def _dtype(shell: _Shell, state: object) -> np.dtype[Any]:
    """Add the byte order to the type of the items."""
    match state:
        case (_, bytes() as order, None, None, None, *_) if order in _BYTE_ORDERS:
            return np.dtype((order + shell.item_type).decode("ascii"))
    _refuse("it describes a structured or unknown type of numbers")


def _array(shell: _Shell, state: object) -> NDArray[Any]:
    """Make an array of state (version, shape, dtype, Fortran order, bytes)."""
    match state:
        case (_, tuple() as shape, _Shell() as dtype, bool() as fortran, bytes() as content):
            item_type = dtype.value
            if not isinstance(item_type, np.dtype):
                _refuse("an array has no type of numbers")
            if not 1 <= len(shape) <= 2 or not all(_is_count(n) for n in shape):
                _refuse("an array has neither one nor two axes of stated length")
            if prod(shape) * item_type.itemsize != len(content):
                _refuse(f"an array declared as {shape} has {len(content)} bytes")
            flat = np.frombuffer(content, item_type).astype(item_type.newbyteorder("="))
            return flat.reshape(shape, order="F" if fortran else "C")
    _refuse("an array is not (version, shape, dtype, order, bytes)")


def _matrix(shell: _Shell, state: object) -> SparseParts:
    """Make the parts of a CSR matrix of its attributes."""
    if type(state) is not dict:
        _refuse("a csr_matrix has no attributes")
    match state.get(b"_shape"):
        case (rows, columns) if _is_count(rows) and _is_count(columns):
            arrays = (_vector(state.get(part)) for part in (b"indptr", b"indices", b"data"))
            return SparseParts((rows, columns), *arrays)
    _refuse("a csr_matrix has no shape")


def _vector(shell: object) -> NDArray[Any]:
    array = shell.value if type(shell) is _Shell else None
    if not isinstance(array, np.ndarray) or array.ndim != 1:
        _refuse("a csr_matrix lacks one of its three arrays")
    return array


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


_STATES: dict[_Name, Callable[[_Shell, object], object]] = {
    _Name.DTYPE: _dtype,
    _Name.NDARRAY: _array,
    _Name.CSR: _matrix,
}


def _refuse(why: str) -> NoReturn:
    """End the reading."""
    raise Refused(why)


def read_pickle(program: bytes) -> NDArray[Any] | SparseParts | dict[Any, Any]:
    """Return the array, matrix parts or graph that ``program`` writes down.

    Raises Refused (a ValueError) for every other program, and for one that is cut short.
    """
    result = _Machine(program).run()
    value = result.value if type(result) is _Shell else result
    if isinstance(value, dict):
        return {key: own.value if type(own) is _Shell else own for key, own in value.items()}
    if isinstance(value, np.ndarray | SparseParts):
        return value
    _refuse("it holds neither an array, a csr_matrix nor a graph")
