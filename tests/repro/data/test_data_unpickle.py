"""The reader of pickles admits what Planetoid files need, and nothing else."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict, defaultdict
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from planetoid_files import pickled_array, pickled_csr, pickled_graph, small_files

from repro.data.unpickle import Refused, SparseParts, read_pickle

HEAD = b"\x80\x02"


@pytest.mark.parametrize("code", ["<i4", "<i8", "<f4", "<f8"])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (3, 2), (0, 3)])
def test_arrays_come_back(code: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(code)
    read = read_pickle(pickled_array(array))
    assert isinstance(read, np.ndarray)
    np.testing.assert_array_equal(read, array, strict=True)


def test_byte_and_axis_order_are_heeded() -> None:
    array = np.arange(6, dtype="<i4").reshape(2, 3)
    big = pickled_array(array.astype(">i4"), code="i4").replace(b"U\x01<", b"U\x01>")
    np.testing.assert_array_equal(read_pickle(big), array)
    fortran = pickled_array(array).replace(b"\x89", b"\x88")
    np.testing.assert_array_equal(read_pickle(fortran), array.ravel().reshape((2, 3), order="F"))


def test_matrices_and_graphs_come_back() -> None:
    matrix = sp.random_array((7, 5), density=0.4, rng=0, dtype=np.float32).tocsr()
    parts = read_pickle(pickled_csr(matrix))
    assert isinstance(parts, SparseParts)
    again = sp.csr_array((parts.data, parts.indices, parts.indptr), shape=parts.shape)
    np.testing.assert_array_equal(again.toarray(), matrix.toarray())
    graph = {node: list(range(node % 4)) for node in range(2500)}
    assert read_pickle(pickled_graph(graph)) == graph


class _Calls:
    """Pickled, it asks the reader to call ``function(*arguments)``."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


HOSTILE = {
    "os.system": _Calls(os.system, "touch /tmp/amverify-was-here"),
    "builtins.eval": _Calls(eval, "1"),
    "getattr": _Calls(getattr, "", "join"),
    "partial": partial(print),
    "other collections": OrderedDict(a=1),
    "another factory": defaultdict(int),
    "numpy scalar": np.float64(1.0),
    "a set": {1},
    "unicode": ["é"],
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("what", HOSTILE)
def test_other_objects_are_refused(what: str, protocol: int) -> None:
    with pytest.raises(Refused):
        read_pickle(pickle.dumps(HOSTILE[what], protocol=protocol))


def test_the_refusal_names_what_was_asked_for() -> None:
    with pytest.raises(Refused, match="it names 'posix system'"):
        read_pickle(HEAD + b"cposix\nsystem\nU\x04true\x85R.")


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
DTYPE = b"cnumpy\ndtype\nU\x02%sK\x00K\x01\x87R"
MATRIX = b"cscipy.sparse.csr\ncsr_matrix\n)\x81"
NUMBERS = b"(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
CONTENT = b"(K\x01K\x01\x85" + DTYPE + NUMBERS + b"\x89U\x08" + bytes(8) + b"tb"
PROGRAMS = {
    "empty": b"",
    "head only": HEAD,
    "protocol 4": b"\x80\x04}.",
    "no protocol": b"}.",
    "nothing on the stack": HEAD + b".",
    "a number": HEAD + b"K\x01.",
    "a bare name": HEAD + b"cnumpy\nndarray\n.",
    "an unfinished array": HEAD + ARRAY + b".",
    "an unfinished dtype": HEAD + DTYPE % b"f4" + b".",
    "an unfinished matrix": HEAD + MATRIX + b".",
    "import by stack": HEAD + b"U\x02osU\x06system\x93.",
    "instance": HEAD + b"(cos\nsystem\no.",
    "old instance": HEAD + b"(ios\nsystem\n.",
    "extension registry": HEAD + b"\x82\x01.",
    "persistent id": HEAD + b"Pid\n.",
    "copyreg": HEAD + b"ccopy_reg\n_reconstructor\n.",
    "new-style copyreg": HEAD + b"ccopyreg\n__newobj__\n.",
    "dotted name": HEAD + b"cnumpy\nndarray.__reduce__\n.",
    "calling the array type": HEAD + b"cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",
    "calling the list": HEAD + b"c__builtin__\nlist\n)R.",
    "calling an array": HEAD + ARRAY + b")R.",
    "state of a graph": HEAD + b"ccollections\ndefaultdict\nc__builtin__\nlist\n\x85R}b.",
    "state of a list": HEAD + b"]}b.",
    "state of a name": HEAD + b"cnumpy\nndarray\n}b.",
    "state twice": HEAD + ARRAY + CONTENT % b"f8" + CONTENT % b"f8" + b".",
    "objects": HEAD + ARRAY + CONTENT % b"O8" + b".",
    "strings": HEAD + ARRAY + CONTENT % b"S8" + b".",
    "complex": HEAD + ARRAY + CONTENT % b"c8" + b".",
    "structured": HEAD + DTYPE % b"f4" + b"(K\x03U\x01|NU\x01a\x85}K\x04K\x01K\x00tb.",
    "dtype of an array as dtype": HEAD + ARRAY + b"(K\x01K\x01\x85" + ARRAY + b"\x89U\x00tb.",
    "not a state": HEAD + ARRAY + b"Nb.",
    "a matrix without attributes": HEAD + MATRIX + b"}b.",
    "a matrix with a list of attributes": HEAD + MATRIX + b"]b.",
    "a matrix of numbers": HEAD + MATRIX + b"}U\x06_shapeK\x01K\x01\x86sb.",
    "a mark is missing": HEAD + b"K\x01t.",
    "taking from under a mark": HEAD + b"}(K\x00]s.",
    "appending to a dict": HEAD + b"}K\x01a.",
    "setting in a list": HEAD + b"]K\x01K\x01s.",
    "a key without value": HEAD + b"}(K\x01u.",
    "a key of tuples": HEAD + b"})K\x01s.",
    "a key of None": HEAD + b"}NK\x01s.",
    "unknown memo": HEAD + b"h\x07.",
    "huge memo": HEAD + b"j\xff\xff\xff\xff.",
    "endless name": HEAD + b"c" + b"a" * 10_000,
    "negative string": HEAD + b"T\xff\xff\xff\xff.",
    "longer string than the file": HEAD + b"T\xff\xff\xff\x7f" + b"a" * 100,
    "eight-byte length": HEAD + b"\x8e" + b"\xff" * 7 + b"\x7f.",
    "a long of many digits": HEAD + b"L" + b"9" * 100_000 + b"L\n.",
}


@pytest.mark.parametrize("what", PROGRAMS)
def test_malformed_programs_are_refused(what: str) -> None:
    with pytest.raises(Refused):
        read_pickle(PROGRAMS[what])


def test_the_malformed_programs_are_close_to_a_good_one() -> None:
    """What they are built of is right: it is the one flaw that is refused."""
    np.testing.assert_array_equal(read_pickle(HEAD + ARRAY + CONTENT % b"f8" + b"."), [0.0])
    assert read_pickle(HEAD + b"}K\x00]s.") == {0: []}


def test_a_negative_length_is_not_a_step_back() -> None:
    with pytest.raises(Refused, match="ends too early"):
        read_pickle(HEAD + b"T\xff\xff\xff\xff.")


@pytest.mark.parametrize(
    "shape", [(2**31 - 1,), (2**31 - 1, 2**31 - 1), (7,), (3, 3), (-1, -6), (1, 2, 3)]
)
def test_a_shape_that_the_bytes_do_not_bear_out_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(Refused, match="array"):
        read_pickle(pickled_array(np.arange(6, dtype="<i4"), shape=shape))


def test_nesting_costs_nothing() -> None:
    """Lists and tuples in each other 2·10⁵ deep, or unfolding to 2⁴⁰, are put down unread."""
    deep = HEAD + b"]" * 300_000 + b"a" * 299_999 + b"."
    with pytest.raises(Refused, match="neither an array"):
        read_pickle(deep)
    laughs = HEAD + b")" + b"q\x01h\x01\x86" * 40
    for end in (b".", b"}q\x02h\x01K\x01s.", b"cnumpy\ndtype\nh\x01R.", b"]h\x01R."):
        with pytest.raises(Refused):
            read_pickle(laughs + end)
    tower = HEAD + b")" + b"\x85" * 200_000
    for end in (b".", b"q\x01}h\x01K\x01s.", b"q\x01cnumpy\ndtype\nh\x01K\x00K\x01\x87R."):
        with pytest.raises(Refused):
            read_pickle(tower + end)


def test_the_number_of_instructions_is_bounded() -> None:
    with pytest.raises(Refused, match="more than 1000000 instructions"):
        read_pickle(HEAD + b"]" * 1_000_001)


@settings(deadline=None)
@given(data=st.data())
def test_damage_is_refused_or_read_but_never_crashes(data: st.DataObject) -> None:
    """One changed byte, or a cut, of a true file: an answer or a refusal, nothing else."""
    program = data.draw(st.sampled_from(list(small_files().values())[:-1]))
    at = data.draw(st.integers(0, len(program) - 1))
    value = data.draw(st.integers(-1, 255))
    damaged = program[:at] if value < 0 else program[:at] + bytes([value]) + program[at + 1 :]
    with suppress(Refused):
        read_pickle(damaged)
        assert value >= 0
