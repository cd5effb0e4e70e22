"""What recorders are made of.

| module | holds |
|---|---|
| ``points`` | parameters of any library as one float64 vector; an objective's value and gradient |
| ``quiet`` | evaluation that leaves no trace in the run |
| ``reach``, ``spaces`` | what an objective can reach, and where its names are bound |
| ``surroundings`` | what it depends on besides x, put back or compared |
| ``listener`` | which points of a torch optimiser's run are rows |
| ``nesting``, ``groups`` | its outermost ``step``; what it holds |
| ``refusals`` | what cannot be recorded |
| ``callbacks`` | scipy's callbacks |
| ``products`` | inner products with bounds on their rounding error |
| ``bounds`` | declared bounds on values and gradients |
| ``shadow`` | f and ∇f in exact arithmetic, with computed bounds, operator by operator |
| ``observing`` | an evaluation that is followed so |
| ``values`` | what is known of f and ∇f at a point: computed, declared, or nothing |
| ``probing`` | what rounding in a step can do to f, measured |
| ``objectives`` | objectives of arrays, of tensors, or with their gradient |
| ``rows`` | consecutive points as rows of the sweeps table |
| ``blocks`` | a method's block records as rows of the blocks table |
| ``header`` | versions, declared constants |
"""
