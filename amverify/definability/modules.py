r"""The certificate of a torch module or function: traced, then walked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from torch import Tensor

from amverify.definability.certificate import Certificate
from amverify.definability.domain import Domain
from amverify.definability.exponents import Exponent, claimed
from amverify.definability.graphs import Walk
from amverify.definability.inputs import given, guessed, named
from amverify.definability.ledger import Ledger, Refused
from amverify.definability.tracing import traced
from amverify.definability.values import Shape, Value, together
from amverify.errors import InvalidInput


def of_module(
    loss: Any, inputs: Iterable[Any] | None, domain: Domain, name: str, bounded: str = ""
) -> Certificate:
    """The certificate of a module or function.

    Raises:
        InvalidInput: if its inputs can't be guessed, or a declared name is none of its variables.
    """
    try:
        if inputs is None:
            program, values = guessed(loss)
        else:
            values = given(loss, inputs)
            program = traced(loss, values)
    except Refused as refused:
        broken = refused.at(refused.operation, "")
        return Certificate(name, None, "", (), broken, None)
    notes = () if inputs is not None else _guess(loss, values)
    return certified(program, domain, name, named(loss, values), bounded, notes)


def certified(
    program: Any,
    domain: Domain,
    name: str,
    names: tuple[str, ...],
    bounded: str,
    notes: tuple[str, ...],
    band: bool = False,
) -> Certificate:
    """The certificate of an exported program; with a band its outputs after the first are sides
    of a constraint: F is the first, plus the indicator of a level set of the others.
    """
    walk = Walk(program, domain, names)
    domain.check()
    try:
        values = walk.outputs()
    except Refused as refused:
        steps, told = walk.ledger.steps(), tuple(walk.told)
        return Certificate(name, None, "", steps, walk.broken(refused), None, told, notes=notes)
    if not values:
        raise InvalidInput("definable: the loss gave no value that is made of its variables")
    value, ledger = together(values), walk.ledger
    if band:
        ledger.use("level set", "band")
        value = replace(value, degree=None, shape=Shape.OTHER)
    scalar = band or outputs_of(program) == 1
    exponent, more = claim(scalar, value, ledger, walk.variables, bounded)
    return Certificate(
        name,
        value.structure.name,
        value.structure.source,
        ledger.steps(),
        None,
        exponent,
        tuple(walk.told),
        tuple(ledger.where),
        tuple(ledger.shown),
        (*notes, *more, *ledger.notes),
    )


def claim(
    scalar: bool, value: Value, ledger: Ledger, variables: int, bounded: str
) -> tuple[Exponent, tuple[str, ...]]:
    """What an exponent may claim; of a network with many outputs, of a function made of them."""
    if not scalar:
        value = replace(value, degree=None, shape=Shape.OTHER)
    exponent = claimed(value, ledger, variables, bounded)
    return exponent, () if scalar else ("each of its outputs; exponents are of a loss",)


def outputs_of(program: Any) -> int:
    """How many numbers it returns."""
    kept = set(program.graph_signature.user_outputs)
    metas = [n.meta.get("val") for n in program.graph.nodes if n.name in kept]
    return sum(math.prod(m.shape) for m in metas if isinstance(m, Tensor))


def _guess(loss: Any, values: tuple[Any, ...]) -> tuple[str, ...]:
    if not values:
        return ()
    shapes = zip(named(loss, values), values, strict=True)
    told = ", ".join(f"{n} {tuple(v.shape)}" for n, v in shapes)
    return (f"shapes of inputs were tried out: {told}",)
