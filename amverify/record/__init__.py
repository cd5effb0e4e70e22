"""Runs become traces: anybody's optimiser by ``Recorder``, a layered method by ``traced``.

| room | its sentence |
|---|---|
| ``quiet`` | an objective is evaluated, and the run does not notice |
| ``shadow`` | f and ∇f in exact arithmetic, with computed bounds, operator by operator |
| ``points`` | the points of a run are vectors, and consecutive ones a row of the sweeps table |
| ``known`` | f, ∇f and tracked quantities at a point: computed, declared, or unknown |
| ``heard`` | a loop that is not ours is listened to: a torch optimiser's, scipy's |
| ``layered`` | a layered method's sweeps are rows, its points are measured |
| ``exact`` | runs so small that every row can be decided again, in rational arithmetic |

Beside them stand ``recorder``, which users meet, made of ``loop`` (one of one's own),
``attached`` (a torch optimiser's) and ``minimised`` (scipy's); ``record``, the rows it keeps;
``header`` and ``limit``, which all of them share. A room uses those above it in this list,
``quiet`` none.
"""
