r"""The o-minimal structures that a loss may live in, and what literature says of each.

A structure here is the real field with none, some or all of three kinds of functions added:

| added | structure | o-minimal by |
|---|---|---|
| nothing | ℝ, whose sets are the semialgebraic ones | Tarski–Seidenberg; Coste (2000) |
| ``an``: analytic on compact boxes | ℝ_an, globally subanalytic | van den Dries & Miller (1996) |
| ``exp`` | ℝ_exp | Wilkie (1996) |
| both | ℝ_an,exp | van den Dries & Miller (1994) |
| ``pfaff``: chains y' = P(x, y), as erf | ℝ_Pfaff | Wilkie (1999) |
| ``pfaff`` and ``an`` | 𝒫(ℝ_an), the Pfaffian closure | Speissegger (1999) |

Two o-minimal structures need not have a common one (Rolin, Speissegger & Wilkie 2003). These do:
all are reducts of 𝒫(ℝ_an). So a sum or a composition lives in the structure of all that is in it,
which is the union of what was added.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """The real field and what is added to it: of ``an``, ``exp``, ``pfaff``.

    ``an or exp`` stands for exp and its kin on a bounded argument: they are in ℝ_exp and in ℝ_an,
    and whichever is there for other reasons has them; likewise ``an or pfaff``.
    """

    added: frozenset[str] = frozenset()

    def __or__(self, other: Structure) -> Structure:
        """The least structure here in which both are."""
        return Structure(self.added | other.added)

    @property
    def name(self) -> str:
        """As it is printed."""
        return _NAMES[self._kind][0]

    @property
    def source(self) -> str:
        """Where it is shown to be o-minimal."""
        return _NAMES[self._kind][1]

    @property
    def bounded_by_powers(self) -> bool:
        """Whether its functions grow like powers: KL then has an exponent (Miller 1994)."""
        return self._kind <= {"an"}

    @property
    def _kind(self) -> frozenset[str]:
        """What is needed: ℝ_Pfaff holds exp, and alternatives are dropped where one is there."""
        held = {"exp": {"an or exp"}, "pfaff": {"exp", "an or exp", "an or pfaff"}}
        kept = set(self.added)
        for name in ("pfaff", "exp"):
            kept -= held[name] if name in kept else set()
        return frozenset("an" if name.startswith("an") else name for name in kept)


_NAMES = {
    frozenset[str](): ("semialgebraic", "Tarski–Seidenberg; Coste 2000"),
    frozenset({"an"}): ("globally subanalytic (ℝ_an)", "van den Dries & Miller 1996"),
    frozenset({"exp"}): ("ℝ_exp", "Wilkie 1996"),
    frozenset({"an", "exp"}): ("ℝ_an,exp", "van den Dries & Miller 1994"),
    frozenset({"pfaff"}): ("ℝ_Pfaff", "Wilkie 1999"),
    frozenset({"an", "pfaff"}): ("𝒫(ℝ_an), Pfaffian closure", "Speissegger 1999"),
}
ALGEBRAIC = Structure()
ANALYTIC = Structure(frozenset({"an"}))
EXPONENTIAL = Structure(frozenset({"exp"}))
PFAFFIAN = Structure(frozenset({"pfaff"}))
_RESTRICTED = {
    EXPONENTIAL: Structure(frozenset({"an or exp"})),
    PFAFFIAN: Structure(frozenset({"an or pfaff"})),
}


def restricted(home: Structure | None) -> Structure:
    """Of a function of this structure, on a compact interval inside its domain."""
    return ANALYTIC if home is None else _RESTRICTED.get(home, home)


@dataclass(frozen=True)
class Rule:
    """One step of the chain: what is taken from literature, and from where."""

    name: str
    says: str
    source: str


RULES = {
    rule.name: rule
    for rule in (
        Rule(
            "algebra",
            "sums, products, compositions and cases of definable functions are definable; "
            "polynomials, quotients and roots are semialgebraic",
            "Tarski–Seidenberg; Coste 2000; van den Dries & Miller 1996",
        ),
        Rule("exponential", "exp and log are definable in ℝ_exp", "Wilkie 1996"),
        Rule(
            "restricted",
            "a function analytic near a compact box is globally subanalytic on it",
            "van den Dries & Miller 1996",
        ),
        Rule(
            "arctangent",
            "arctan, arcsin and arccos are globally subanalytic: restricted analytic, with "
            "arctan x = ±π/2 − arctan(1/x) for |x| > 1",
            "van den Dries & Miller 1996",
        ),
        Rule(
            "pfaffian",
            "erf' = (2/√π)e^{−x²}, (e^{−x²})' = −2x e^{−x²}: a Pfaffian chain on ℝ",
            "Wilkie 1999; Speissegger 1999",
        ),
        Rule(
            "real power",
            "x^r = exp(r log x), x > 0, is definable in ℝ_exp; irrational r: not subanalytic at 0",
            "Wilkie 1996; Miller 1994",
        ),
        Rule(
            "level set",
            "{|a − h(z)| ≤ ε} is definable where h is, closed where h is continuous",
            "van den Dries & Miller 1996",
        ),
    )
}
