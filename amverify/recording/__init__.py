"""What recorders are made of.

| module | holds |
|---|---|
| ``points`` | parameters of any library as one float64 vector; an objective's value and gradient |
| ``quiet`` | evaluation that leaves no trace in the run |
| ``listener`` | the hooks on a torch optimiser |
| ``products`` | inner products with bounds on their rounding error |
| ``bounds`` | declared bounds on values and gradients |
| ``rows`` | consecutive points as rows of the sweeps table |
| ``blocks`` | a method's block records as rows of the blocks table |
| ``header`` | versions, declared constants |
"""
