r"""``definable``: from a loss, however it is given, to its certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any

from amverify.definability.certificate import Certificate
from amverify.definability.domain import Box, Domain, declared
from amverify.definability.exponents import claimed
from amverify.definability.ledger import Ledger, Refused
from amverify.errors import InvalidInput, of_kinds


def definable(
    loss: Any,
    inputs: Iterable[Any] | None = None,
    *,
    box: Box | Mapping[str, Box] | None = None,
    fixed: Iterable[str] = (),
    name: str = "",
) -> Certificate:
    """A certificate that a loss is definable in an o-minimal structure, so that KL holds.

        definable(sympy.log(1 + sympy.exp(x)))
        definable(siren, (points,), box=(-10, 10))

    Args:
        loss: a sympy expression, a torch module, a function of tensors, or a ``LayeredProblem``
            (its objective F). A module is taken in the mode (train or eval) that it is in.
        inputs: example inputs of a module or function: tensors, whose values do not matter. Left
            out, shapes that its layers take are tried.
        box: the domain of the variables: (low, high) for all, or one by name or pattern
            (``{"weight*": (-1, 1)}``). Without one a variable is any real number.
        fixed: names or patterns of what is data, not a variable.
        name: of the loss, for the certificate.

    Raises:
        InvalidInput: for what is no loss, a box that is none, or a name that no variable has.
    """
    of_kinds(locals(), {"inputs": (Iterable, NoneType), "name": str})
    domain = declared(box, fixed)
    import sympy

    if isinstance(loss, sympy.Expr):
        return _of_expression(loss, domain, name or "expression")
    if type(loss).__name__ == "LayeredProblem":
        from amverify.definability.layered import of_problem

        return of_problem(loss, domain, name or "F")
    if not callable(loss):
        raise InvalidInput(
            "expected a sympy expression, a torch module or function, or a LayeredProblem; "
            f"got a {type(loss).__name__}"
        )
    from amverify.definability.modules import of_module

    return of_module(loss, inputs, domain, name or _name(loss))


def _name(loss: Any) -> str:
    return str(getattr(loss, "__name__", type(loss).__name__))


def _of_expression(loss: Any, domain: Domain, name: str) -> Certificate:
    import sympy

    from amverify.definability.expressions import Walk, symbol_range
    from amverify.definability.orders import of_form

    loss = loss.doit()
    leaves = sorted(
        loss.free_symbols
        | loss.atoms(sympy.Indexed, sympy.matrices.expressions.matexpr.MatrixElement),
        key=str,
    )
    ranges = {s: symbol_range(s, domain.box(str(s)), domain.holds(str(s))) for s in leaves}
    domain.check()
    ledger, told = Ledger(), tuple(_told(str(s), v) for s, v in ranges.items())
    try:
        value = Walk(ledger, ranges).value(loss)
    except Refused as refused:
        return Certificate(
            name, None, "", ledger.steps(), refused.at(refused.operation, ""), None, told
        )
    variables = {s for s, v in ranges.items() if v.varies}
    exponent = claimed(value, ledger, len(variables), "")
    if exponent.kind != "unshown":
        exponent = of_form(loss, variables, Walk(Ledger(), ranges).value) or exponent
    return Certificate(
        name,
        value.structure.name,
        value.structure.source,
        ledger.steps(),
        None,
        exponent,
        told,
        tuple(ledger.where),
        tuple(ledger.shown),
        tuple(ledger.notes),
    )


def _told(name: str, value: Any) -> str:
    if not value.varies:
        return f"{name} fixed"
    if value.bounded:
        apart = ", ≠ 0" if value.nonzero and value.low <= 0 <= value.high else ""
        return f"{name} in [{value.low:g}, {value.high:g}]{apart}"
    if value.low == 0 or value.high == 0:
        sign = ">" if value.low == 0 else "<"
        return f"{name} {sign if value.nonzero else {'>': '≥', '<': '≤'}[sign]} 0"
    return f"{name} in ℝ" + (", ≠ 0" if value.nonzero else "")
