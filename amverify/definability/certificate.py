r"""A certificate of definability: structure, chain of rules, obligations; or where it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from amverify.definability.exponents import KL, Exponent
from amverify.definability.ledger import Broken, Step
from amverify.errors import CorruptFile
from amverify.shown import table

_MANY = 8


@dataclass(frozen=True)
class Certificate:
    """That a loss is definable in an o-minimal structure, or why it was not shown.

    Args:
        subject: its name.
        structure: in which it is definable, on the declared domain; None if that is not shown.
        source: where that structure is shown to be o-minimal.
        rules: the chain, each rule with the operations to which it was applied and its source.
        broken_at: the first operation to which no rule applies, with its place.
        exponent: what may be claimed of the KL exponent; None without a structure.
        variables: the loss's variables, with their shapes, box, and whether they are held fixed.
        where: conditions on the domain that are part of the certificate.
        shown: obligations that were met.
        notes: what else is to be known.
    """

    subject: str
    structure: str | None
    source: str
    rules: tuple[Step, ...]
    broken_at: Broken | None
    exponent: Exponent | None
    variables: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether the loss is shown to be definable."""
        return self.structure is not None

    @property
    def exit_status(self) -> int:
        """0 if it is certified, 3 if that is undecided."""
        return 0 if self.certified else 3

    def __str__(self) -> str:
        return "\n".join(lines(self))

    def _repr_html_(self) -> str:
        """A table for a notebook."""
        head = [escape(line) for line in lines(self)[:1]]
        rows = [
            (step.rule, _operations(step), f"{step.says} [{step.source}]") for step in self.rules
        ]
        rest = "".join(f"<p>{escape(' '.join(pair))}</p>" for pair in _facts(self))
        return f"<p><b>{head[0]}</b></p>{table(('rule', 'of', 'says'), rows)}{rest}"


def lines(certificate: Certificate) -> list[str]:
    """The certificate as it is printed, one line an entry."""
    if certificate.certified:
        head = (
            f"{certificate.subject}: CERTIFIED, definable: {certificate.structure} "
            f"[{certificate.source}]"
        )
    else:
        head = f"{certificate.subject}: UNDECIDED, not shown to be definable"
    told = [head]
    for step in certificate.rules:
        told.append(f"├─ {step.rule}: {_operations(step)}")
        told.append(f"│  {step.says} [{step.source}]")
    facts = _facts(certificate)
    for index, (name, text) in enumerate(facts):
        told.append(f"{'└─' if index == len(facts) - 1 else '├─'} {name}: {text}")
    return told


def _operations(step: Step) -> str:
    return ", ".join(f"{name} ×{n}" if n > 1 else name for name, n in step.operations)


def _listed(variables: tuple[str, ...]) -> str:
    """The first of many."""
    if len(variables) <= _MANY:
        return "; ".join(variables)
    first, last = variables[: _MANY // 2], variables[-_MANY // 2 :]
    left = len(variables) - len(first) - len(last)
    return "; ".join([*first, f"... {left} more ...", *last])


def _facts(certificate: Certificate) -> list[tuple[str, str]]:
    facts = [("variables", _listed(certificate.variables))] if certificate.variables else []
    facts += [("shown", text) for text in certificate.shown]
    facts += [("where", text) for text in certificate.where]
    facts += [("note", text) for text in certificate.notes]
    if certificate.broken_at is not None:
        facts.append(("broken at", str(certificate.broken_at)))
    exponent = certificate.exponent
    if exponent is not None:
        if exponent.kind != "unshown":
            facts.append(("KL", f"at every point of its domain, with a definable φ [{KL}]"))
        facts.append(("exponent", f"{exponent.says} [{exponent.source}]"))
        facts.append(("rates", exponent.rates))
    return facts


def to_plain(certificate: Certificate) -> dict[str, Any]:
    """As numbers, texts, lists and dictionaries, for JSON."""
    plain = asdict(certificate) | {"certified": certificate.certified}
    for rule in plain["rules"]:
        rule["operations"] = dict(rule["operations"])
    return plain


def from_plain(plain: Mapping[str, Any]) -> Certificate:
    """What :func:`to_plain` made, back.

    Raises:
        CorruptFile: if it is none.
    """
    try:
        given = {name: value for name, value in plain.items() if name != "certified"}
        given["rules"] = tuple(
            Step(**{**rule, "operations": tuple(rule["operations"].items())})
            for rule in given["rules"]
        )
        for name in ("variables", "where", "shown", "notes"):
            given[name] = tuple(given[name])
        given["broken_at"] = Broken(**given["broken_at"]) if given["broken_at"] else None
        given["exponent"] = Exponent(**given["exponent"]) if given["exponent"] else None
        found = Certificate(**given)
        lines(found)
        return found
    except (KeyError, TypeError, AttributeError) as error:
        raise CorruptFile(f"not a certificate: {str(error)[:200]}") from None
