"""A loop that is not ours is listened to.

| module | holds |
|---|---|
| ``listener`` | which points of a torch optimiser are rows |
| ``nesting``, ``groups`` | its outermost ``step``; the parameters it holds, its step sizes |
| ``digits`` | the gradient that a step used, beside that of the recorded objective |
| ``replays`` | chosen steps made with other batches, and undone |
| ``refusals`` | what cannot be recorded |
| ``callbacks`` | which points that scipy calls back with are iterates |
"""
