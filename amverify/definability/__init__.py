r"""K1, definability: a certificate that a loss is definable, by rules with their sources.

    import amverify as amv

    print(amv.definable(sympy_expression))
    print(amv.definable(module, inputs=(x, y)).structure)

A definable function has the Kurdyka–Łojasiewicz property at every point of its domain; which
exponent may be claimed is said as well. What no rule covers is undecided, and named with its
place.

| module | holds |
|---|---|
| ``structures`` | ℝ, ℝ_an, ℝ_exp, ℝ_an,exp, ℝ_Pfaff, 𝒫(ℝ_an); the rules, with their sources |
| ``values`` | what is known of a quantity: range, structure, degree, shape |
| ``functions`` | functions of one variable, by family |
| ``powers`` | powers and quotients |
| ``ledger`` | what a walk writes down |
| ``expressions``, ``pieces``, ``orders`` | sympy: the walk, functions by cases, known exponents |
| ``exponents`` | which exponent may be claimed |
| ``certificate`` | the result |
| ``minimiser``, ``intervals`` | θ = ½ with a computed c at a nondegenerate minimiser |
"""

from amverify.definability.certificate import Certificate
from amverify.definability.definable import definable
from amverify.definability.minimiser import Nondegenerate, nondegenerate

__all__ = ["Certificate", "Nondegenerate", "definable", "nondegenerate"]
