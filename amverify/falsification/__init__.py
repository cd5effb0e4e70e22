r"""Looking for an instance on which a claim fails for certain.

    result = falsify("value[k] <= value[k-1]", "gradient_descent", quadratics(),
                     parameters={"eta": "2.05/L"})

| module | holds |
|---|---|
| ``asking`` | ``falsify`` and ``replayed`` |
| ``found`` | what a search asks for and may find |
| ``question`` | one trial: an instance, parameters, the run; when a failure is certain |
| ``stepping`` | step functions, in floats or exactly, on a leash |
| ``methods`` | ours by name, and torch optimisers |
| ``audited``, ``loops`` | theorems, on our methods with traces of their own |
| ``wording`` | from what a user gives to a question |
| ``parameters`` | numbers, formulas of L, μ, …, and ranges |
| ``exactly`` | numbers without rounding: fractions, then balls |
| ``deciding``, ``columns`` | a claim as text in any numbers |
| ``measured`` | a path of floats for the audit |
| ``searching``, ``shrinking`` | hypothesis, CMA-ES; fewer steps, smaller integers |
| ``result``, ``replaying`` | the paragraph; the file |
"""

from amverify.falsification.asking import falsify, replayed
from amverify.falsification.result import Counterexample, Result

__all__ = ["Counterexample", "Result", "falsify", "replayed"]
