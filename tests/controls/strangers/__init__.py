"""True claims about loops that strangers write, recorded as strangers record them.

Each loop is drawn from a seed; what is claimed of it follows from a theorem, which is named beside
it. The recorder is used as its README says, with nothing declared where it can find out itself.
None may be VIOLATED; NOT_APPLICABLE neither, since the hypotheses hold by construction.

| module | loops |
|---|---|
| ``gradients`` | torch optimisers and hand-written gradient steps on the recorder's own hooks |
| ``monotone`` | algorithms that are known by their values: EM, NMF, k-means, Kaczmarz … |
| ``minimisers`` | ``scipy.optimize.minimize`` by its callback |
| ``false`` | the same loops with a claim that is not true of them |
"""
