"""The layered objective: activations, losses, weights, couplings, and every block as a quadratic.

| module | holds |
|---|---|
| ``activations`` | h, h', generalised inverses, the penalty's minimiser |
| ``losses`` | R and its proximal map |
| ``coupling`` | ``Band`` and ``Penalty`` between a_l and h(z_l) |
| ``weights`` | the first weight, dense or in coordinates of the data's span |
| ``layered`` | F: data, constants, values |
| ``blocks`` | each block's gradient, modulus and exact change of F |
| ``residual`` | block-wise and joint distance from criticality |
| ``initial`` | seeded starts |
"""
