"""What is known at a point: computed, declared, or nothing.

| module | holds |
|---|---|
| ``seen`` | a point as its loop hands it over |
| ``declared`` | bounds on values and gradients that the author of the run gives |
| ``observed`` | an evaluation that is followed operator by operator |
| ``objectives`` | objectives of arrays, of tensors, or with their gradient |
| ``values`` | what of all this is f, and ∇f, and how far it may be off |
| ``probe`` | what rounding in a step can do to f, measured |
| ``tracked`` | quantities beside f, known the same way |
"""
