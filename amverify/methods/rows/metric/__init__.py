"""Blocks that step in a metric of their own: V = [W, b], y = (z, a) and z_L of the joint method.

| module | holds |
|---|---|
| ``numbers`` | what a sweep measures of a step |
| ``quadratic`` | numbers with bounds on their errors; one term of a quadratic along a step |
| ``forms`` | ΔF, lengths and the model's fall, as forms of such terms |
| ``execution`` | what rounding of the step can add to its theorem's left-hand side |
| ``residuals`` | what is left of a subgradient at the sweep's end |
| ``record``, ``row`` | the columns; a row that makes them when it is asked |
"""
