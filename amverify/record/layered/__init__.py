"""The sweeps of a layered method are rows, and its points are measured.

| module | holds |
|---|---|
| ``run`` | ``traced``: method, problem and start become a trace |
| ``blocks`` | block records as rows of the blocks table, without waiting for the device |
| ``summed`` | what the blocks of a sweep sum to |
| ``partial`` | subgradients by blocks, where a penalty couples the layers |
| ``measures`` | residuals, gap and curvature of a point, with bounds on their rounding |
"""
