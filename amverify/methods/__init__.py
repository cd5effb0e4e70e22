"""TIAM, its relatives, and the methods that they are compared with, behind one interface.

| module | holds |
|---|---|
| ``base`` | ``Method``: initialise, sweep, objective, export, restore; ``Evaluator`` |
| ``inertia`` | (p1, p2, p3), schedules, the certified rule |
| ``step`` | the triple-inertial step of a block, and its safeguards |
| ``tiam`` | TIAM, and PALM, mDLAM, iPALM, Gauss–Seidel inertia as values of it |
| ``dladmm``, ``bcd`` | dlADMM and three-splitting BCD |
| ``captured`` | sweeps of TIAM and JointTIAM as one CUDA graph |
| ``gradient`` | torch's full-batch optimisers on the same network |
| ``rows`` | the journal that they tell what they did, and the rows that it makes of it |
"""
