r"""The exact value of a torch objective, with a bound on what is not known of it.

Running error analysis: while ``value`` is evaluated once more, every tensor has a *shadow*, what
exact arithmetic would hold there, computed in float64 whatever the run's format, and entry by
entry a bound on the shadow's own error. Casts, autocast and TF32 are rounding of the run and not
of f, so a cast between real formats passes the shadow on. Backward passes have shadows too: the
gradient's ball comes from the operators that autograd calls.

| module | holds |
|---|---|
| ``balls`` | tensors with radii, and the four operations |
| ``elementary`` | exp, log, tanh, … of balls |
| ``store`` | shadows by the memory that they belong to: views and in-place updates need no rule |
| ``numerals`` | python numbers: those that were written are exact, those that torch made are not |
| ``mode`` | follows every operator, and what leaves torch |
| ``rules`` | what an operator does to shadows: ``fields``, ``sums``, ``products``, … |

**What f is.** The composition of torch's operators as they are documented, in exact arithmetic, of
the numbers that are there: parameters and data at their float values, python numbers as doubles,
constant tensors as the run's format holds them. At a kink the gradient is autograd's.

**What is trusted.** IEEE 754 arithmetic in float64, sums and products in any order (γ_n), and
exp, log, tanh, … of torch to 8 units in the last place.

An operator without a rule makes its results unknown; if the value depends on them there is no
ball, and ``lack`` says which operator it was. A number that leaves torch (numpy, ``.item()``) and
depends on x makes everything unknown. What is read past the operators altogether (an array of numpy
on x's memory, made before) is found by ``recording.observing.leaking``: a shadow must not change
with the run's numbers.
"""

from amverify.record.shadow.evaluation import Shadowed, shadowed

__all__ = ["Shadowed", "shadowed"]
