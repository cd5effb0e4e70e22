"""Theorems as objects: hypotheses, constants as formulas, conclusions over a trace's columns.

from amverify.theorems import CATALOGUE, theorem
print(theorem("T1").statement)
"""

from amverify.theorems.base import Theorem
from amverify.theorems.catalogue import CATALOGUE, theorem, theorems

__all__ = ["CATALOGUE", "Theorem", "theorem", "theorems"]
