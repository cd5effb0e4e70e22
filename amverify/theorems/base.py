r"""What a theorem is: one object that is printed, proved, monitored and tested.

A theorem has hypotheses and conclusions. A conclusion is an inequality lhs ≤ rhs between sympy
formulas, and a *view*: a function that reads the columns of a trace and binds each symbol to a
ball (a number with its rounding error), one instance a row. Hypotheses are of two kinds:

* a *condition* is an inequality over the same symbols (0 < s, or ⟨d,∇²Hd⟩ ≤ L‖d‖²), evaluated
  on every instance;
* a *fact* is a predicate of the whole trace (ε is constant; the blocks carry their weights on).

The formula that ``conclusion`` holds is the one that ``proofs`` proves and the monitor
evaluates: a constant is written once in the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from amverify import shown
from amverify.errors import InvalidInput
from amverify.numbers.balls import Ball
from amverify.numbers.given import plain
from amverify.theorems.domains import outside
from amverify.theorems.instances import Blocks as Blocks
from amverify.theorems.instances import Instances as Instances
from amverify.theorems.missing import Impossible as Impossible
from amverify.theorems.missing import Missing as Missing
from amverify.theorems.properties import Property, Term
from amverify.trace.columns import Table
from amverify.trace.sources import lacking, meaning, source
from amverify.trace.trace import Trace
from amverify.verdict import Checked, Origin

Liveness = Literal["inertia", "motion"]
T = TypeVar("T")


VIOLATION = sp.Symbol("violation", nonnegative=True)
"""By how much a condition fails at most, in formulas of its costs."""


@dataclass(frozen=True)
class Inequality:
    """lhs ≤ rhs, with a name and a line of text.

    ``strict`` says that equality is a failure too (a region's border).

    ``costs``, of a condition: what its failing by at most ``VIOLATION`` adds to lhs − rhs of the
    conclusion, as upper bounds of which the least counts. A theorem that states them is still
    decided where rounding leaves the condition open: by what is left beyond the cost. Without
    them an open condition leaves its instance undecided.
    """

    name: str
    lhs: sp.Expr
    rhs: sp.Expr
    text: str = ""
    strict: bool = False
    costs: tuple[sp.Expr, ...] = ()

    def __str__(self) -> str:
        return f"{self.lhs} {'<' if self.strict else '<='} {self.rhs}"


@dataclass(frozen=True)
class Parameter:
    """A constant that the claim's author declares before the run.

    Args:
        name: its symbol.
        meaning: in words.
        sign: ``positive``, ``nonnegative`` or ``any``; another sign contradicts the theorem.
        value: what a written claim declares itself; nobody else declares it then.
    """

    name: str
    meaning: str
    sign: Literal["positive", "nonnegative", "any"] = "positive"
    value: Any = None


@dataclass(frozen=True)
class Known:
    """A constant's value as a ball, and where it comes from."""

    value: Ball
    origin: Origin


@dataclass(frozen=True)
class Context:
    """A trace with the constants declared for a claim."""

    trace: Trace
    constants: Mapping[str, Any] = field(default_factory=dict)
    seen: dict[Fact, Checked] = field(default_factory=dict, repr=False, compare=False)
    made: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def checked(self, fact: Fact) -> Checked:
        """A fact on this trace; one that several theorems ask for is looked at once."""
        if fact not in self.seen:
            self.seen[fact] = fact.check(self)
        return self.seen[fact]

    def given(self, constants: Mapping[str, Any]) -> Context:
        """The same trace with a claim's constants; facts are kept where none are or were given."""
        facts = {} if constants or self.constants else self.seen
        return replace(self, constants=constants, seen=facts)

    def once(self, make: Callable[[Context], T]) -> T:
        """What several theorems need of the trace, made once and without any claim's constants."""
        if make not in self.made:
            self.made[make] = make(replace(self, constants={}, seen={}))
        found: T = self.made[make]
        return found

    def column(self, table: str, name: str) -> NDArray[Any]:
        """A column.

        Raises:
            Missing: if the trace has none of this name, or no row of the table.
        """
        found: Table = self.trace.table(table)
        if name not in found or not len(found[name]):
            by = lacking(self.trace, name)[0] if table == "sweeps" else source(table, name)
            raise Missing(meaning(table, name), by.argument, by.of)
        return found[name]

    def ball(self, table: str, name: str) -> Ball:
        """A column with its rounding error.

        Raises:
            Missing: if the trace lacks the column or its error bound.
        """
        return Ball.of(self.column(table, name), self.column(table, f"{name}_error"))

    def number(self, table: str, name: str) -> Ball:
        """A column whose numbers are what they are: parameters that the method used."""
        return Ball.of(self.column(table, name))

    def known(self, parameter: Parameter) -> Known:
        """A declared constant: the claim's own, else the one that came with the run.

        Raises:
            Missing: if nobody declared it, or its error leaves open whether it has its sign.
            InvalidInput: if it is not a finite number, or has a sign that it cannot have.
        """
        name = parameter.name
        given = parameter.value
        if given is None:
            given = self.constants.get(name, self.trace.constants.get(name))
        if given is None:
            raise Missing(f"constant {name} ({parameter.meaning})", declare(name))
        entry = plain(f"constant {name}", given)
        entry = entry if isinstance(entry, Mapping) else {"value": entry}
        origin: Origin = entry.get("origin", "declared")
        value, error = entry["value"], entry.get("error", 0.0)
        if origin not in ("declared", "computed", "measured", "fitted"):
            raise InvalidInput(f"constant {name}: unknown origin {origin!r}")
        low = {"positive": value > 0, "nonnegative": value >= 0, "any": True}[parameter.sign]
        if not (low and np.isfinite(value) and np.isfinite(error) and error >= 0):
            raise InvalidInput(
                f"constant {name} = {value}: {parameter.meaning} is to be finite, {parameter.sign}"
            )
        least = value - error
        if parameter.sign != "any" and (least < 0 or (least == 0 and parameter.sign == "positive")):
            near = f"constant {name} closer than {value:g} ± {error:g} (its sign is open)"
            raise Missing(near, declare(name))
        return Known(Ball.of(value, error), origin)

    def setting(self, name: str) -> Any:
        """A setting of the run.

        Raises:
            Missing: if the trace does not say.
            Impossible: if no run can have what it says (``amverify.theorems.domains``).
        """
        by = source("settings", name)
        if name not in self.trace.settings:
            raise Missing(f"setting {name}", by.argument, by.of)
        said = outside(name, self.trace.settings[name])
        if said:
            raise Impossible(said, by.argument, by.of)
        return self.trace.settings[name]


def declare(name: str) -> str:
    """How a constant is declared."""
    return f"recorder.trace({name}=…) or --constant {name}=…"


View = Callable[[Context], Instances]


@dataclass(frozen=True)
class Conclusion:
    """An inequality, the view that binds its symbols, and the conditions on each instance."""

    inequality: Inequality
    view: View
    conditions: tuple[Inequality, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A hypothesis on the whole trace."""

    name: str
    text: str
    check: Callable[[Context], Checked]


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis that the statement says in words, and what a proof may use of it.

    A condition is a formula over a run's columns, a fact a predicate of its trace; what is
    neither (H is convex, u⁺ solves the proximal step) stands here. A proof takes it by its name
    and gets ``formula``, nothing else.

    Args:
        name: by which proofs take it.
        text: as it is printed.
        formula: what it says, ``formula`` ``kind`` 0; none where it only licenses a fact of
            analysis (convexity licenses tangents).
        kind: ≥, > or =.
        monitored: names of the conditions and facts of the same theorem that check it on a run.
            None: it is *not monitored*, and every verdict on the theorem says so.
        grants: the property that licenses instances of facts of analysis, where it is one.
        only: names of the conclusions that it is a hypothesis of; none: of all.
        case: one of several cases, of which a run is in one (g is a box; g is convex). No proof
            takes hypotheses of two cases, and what is proved is proved in each.
    """

    name: str
    text: str
    formula: sp.Expr | None = None
    kind: Literal[">=", ">", "="] = ">="
    monitored: tuple[str, ...] = ()
    grants: Property | None = None
    only: tuple[str, ...] = ()
    case: str = ""

    def of(self, part: Conclusion) -> bool:
        """Whether it is a hypothesis of this conclusion."""
        return not self.only or part.inequality.name in self.only


@dataclass(frozen=True)
class Theorem:
    """One theorem.

    Args:
        id: as the specification names it.
        title: a few words.
        statement: in words and symbols.
        latex: the conclusion for print.
        source: where it was stated first, or whose it is.
        symbols: what each symbol of the formulas means.
        conclusions: at least one.
        facts: hypotheses on the whole trace.
        hypotheses: those that are neither conditions nor facts, as far as a proof uses them.
        constants: named formulas that occur in the conclusions, for tables.
        parameters: constants that have to be declared.
        options: names of constants that may be declared besides: they have a default.
        liveness: what has to move for the theorem to say anything.
        fitted: the claim leaves its constant open; it can be refuted but not confirmed.
        remarks: sentences on a run that belong beside the verdict, from its trace.
        terms: what a symbol is, as a type, where a proof uses it: ‖e‖² is ⟨e, e⟩.
        follows: what a symbol is one index later: ‖e_{k−1}‖ is ‖e_k‖ then, r_k is r_k + ΔΨ.
        starts: what it is at the first index, where that is a symbol of its own: F_0 is f(w⁰).
        fixed: symbols that are the same at every index, beside the parameters.

    Raises:
        ValueError: for a symbol without a meaning, or a hypothesis that nothing here monitors.
    """

    id: str
    title: str
    statement: str
    latex: str
    source: str
    symbols: Mapping[str, str]
    conclusions: tuple[Conclusion, ...]
    facts: tuple[Fact, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    constants: Mapping[str, sp.Expr] = field(default_factory=dict)
    parameters: tuple[Parameter, ...] = ()
    liveness: tuple[Liveness, ...] = ("motion",)
    fitted: bool = False
    remarks: Callable[[Context], tuple[str, ...]] | None = None
    terms: Mapping[str, Term] = field(default_factory=dict)
    follows: Mapping[str, sp.Expr] = field(default_factory=dict)
    starts: Mapping[str, sp.Symbol] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if lost := set(self.terms) - set(self.symbols):
            raise ValueError(f"{self.id}: terms of no symbol: {lost}")
        for part in self.conclusions:
            for formula in (part.inequality, *part.conditions):
                names = {x.name for x in (formula.lhs - formula.rhs).free_symbols}
                for cost in formula.costs:
                    names |= {x.name for x in cost.free_symbols - {VIOLATION}}
                if lost := names - set(self.symbols):
                    raise ValueError(f"{self.id}: symbols without a meaning: {lost}")
        checks = {f.name for f in self.facts}
        checks |= {c.name for part in self.conclusions for c in part.conditions}
        for said in self.hypotheses:
            if not set(said.monitored) <= checks:
                raise ValueError(f"{self.id}: nothing is named {set(said.monitored) - checks}")

    def cases(self, part: Conclusion) -> frozenset[str]:
        """The cases in which a conclusion has to be proved; none where it has no cases."""
        return frozenset(h.case for h in self.hypotheses if h.case and h.of(part))

    def __str__(self) -> str:
        return f"{self.id} {self.title}: {self.statement}"

    def __repr__(self) -> str:
        return f"<Theorem {self.id}: {self.title}>"

    def _repr_html_(self) -> str:
        rows = [("statement", self.statement), ("source", self.source)]
        rows += [("conclusion", str(part.inequality)) for part in self.conclusions]
        rows += [("if", fact.text) for fact in self.facts]
        rows += [("if", said.text) for said in self.hypotheses]
        rows += [(f"declare {p.name}", p.meaning) for p in self.parameters]
        return shown.table((self.id, self.title), rows)

    @property
    def mathml(self) -> str | None:
        """``latex`` as one MathML element, which browsers set; None where it cannot be set."""
        return shown.mathml(self.latex)

    @property
    def declarable(self) -> tuple[str, ...]:
        """Names of the constants that may be declared for it."""
        return (*(p.name for p in self.parameters if p.value is None), *self.options)

    @property
    def unmonitored(self) -> tuple[Hypothesis, ...]:
        """What the proof uses and no monitor checks: printed with every verdict."""
        return tuple(said for said in self.hypotheses if not said.monitored)


def symbols(text: str) -> tuple[sp.Symbol, ...]:
    """Real symbols by name."""
    found = sp.symbols(text, real=True)
    return found if isinstance(found, tuple) else (found,)
