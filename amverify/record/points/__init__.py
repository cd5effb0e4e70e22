"""The points of a run are vectors, and consecutive ones a row of the sweeps table.

| module | holds |
|---|---|
| ``vector`` | parameters of any library as one float64 vector; value and gradient there |
| ``products`` | inner products with bounds on their rounding error |
| ``rows`` | consecutive points as rows |
"""
