"""What a sweep has to cost: floating point operations, bytes, and this machine's rates.

>>> floor("adam", Shape(2000, (784, 100, 100, 10))).flops
969120000
"""

from repro.cost.floor import METHODS, Floor, Shape, floor
from repro.cost.machine import Machine, measured

__all__ = ["METHODS", "Floor", "Machine", "Shape", "floor", "measured"]
