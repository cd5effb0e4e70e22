"""Twenty methods, and claims about each that are known to be true and known to be false.

Every claim is judged on a small run whose constants are known; what the literature says stands
beside what the judge says. ``python -m repro gallery`` makes the table and a page for each method.

| module | methods |
|---|---|
| ``smooth`` | gradient descent, heavy ball, Nesterov, Adam, AMSGrad, L-BFGS |
| ``composite`` | proximal gradient, FISTA, mirror descent, Frank–Wolfe, ADMM |
| ``alternating`` | PALM, iPALM, block coordinate descent |
| ``statistics`` | EM, NMF, k-means |
| ``ours`` | TIAM, JointTIAM, SAMT |
"""
