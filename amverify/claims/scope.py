"""Which node of a claim may stand within which: slices in sums, expectations under no function."""

from __future__ import annotations

from amverify.claims.fault import refuse
from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Expected,
    Index,
    Node,
    Running,
    Slice,
    every,
    is_expected,
    parts,
    quantities,
)


def scoped(text: str, side: Node, blocks: bool = False) -> None:
    """Refuse a side of the claim ``text`` in which something stands where it means nothing.

    Args:
        text: the claim.
        side: of it.
        blocks: whether it is one on each block.

    Raises:
        InvalidInput: with the column of what stands so.
    """
    if blocks and every(side, lambda one: isinstance(one, Running | Slice | Expected)):
        refuse(text, 0, "a claim for each block has no running sum and no E[…]")
    if blocks and every(side, lambda one: isinstance(one, Constant) and one.name in ("j", "k")):
        refuse(text, 0, "in a claim for each block j stands in an index alone: value[j]")
    _runs(text, side)
    _linear(text, side)


def _runs(text: str, node: Node, inside: bool = False) -> None:
    """A slice stands in a running sum, and what moves with k does not."""
    match node:
        case Slice(column=column) if not inside:
            refuse(text, column, "a slice stands in sum, mean, min or max")
        case At(index=Index(moving=True), column=column) if inside:
            refuse(text, column, "within sum, mean, min and max it takes a slice: [:k]")
        case Constant(name="k") | Running() if inside:
            refuse(text, 0, "k and running sums cannot stand in a running sum")
    for part in parts(node):
        _runs(text, part, inside or isinstance(node, Running))


def _linear(text: str, node: Node, within: str = "") -> None:
    """An expectation is added, and multiplied by what is known: E[x]**2 is not E[x**2]."""
    if isinstance(node, Expected):
        _one_draw(text, node, within)
        return
    for i, part in enumerate(parts(node)):
        how = node.how if isinstance(node, Running | Call) else ""
        other = parts(node)[1 - i] if how == "*" else None
        free = how in ("+", "-", "neg") or (how == "/" and i == 0)
        free |= other is not None and not every(other, is_expected)
        _linear(text, part, within or ("" if free else how))


def _one_draw(text: str, node: Expected, within: str) -> None:
    """Refuse an expectation that is none of one draw, or stands under a function."""
    if within:
        why = f"E[…] stands under {within}, which means something else than {within} inside E[…]"
        refuse(text, node.column, f"{why}: write all of it inside")
    if every(node.of, is_expected):
        refuse(text, node.column, "E in E: what is inside is a number already")
    if every(node.of, lambda one: isinstance(one, Running | Slice)):
        refuse(text, node.column, "a running sum stands outside of E[…]")
    if not any(one.index.moving for one in quantities(node.of)):
        refuse(text, node.column, "nothing in E[…] moves with k, as value[k] does")
