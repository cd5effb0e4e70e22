"""Claims in expectation on a network's own training: states of the run replayed with fresh batches.

Training goes on as it would. At the sweeps that you name, the step that comes next is made many
times from the same state, each time with a fresh batch, and undone; f(w⁺) − f(w), f the mean loss
over all N samples, is recorded with bounds that were known before any draw. The audit compares the
mean of these changes, by a confidence sequence, with what the theorem says.

| module | holds |
|---|---|
| ``training`` | what both share: samples, draws, sums over every sample's gradient, the trace |
| ``blocks`` | ``ReplayedTraining``: single block updates, each with its own batch (S1) |
| ``sweeps`` | ``ReplayedSweeps``: whole sweeps, one batch each (S3) |
| ``reach`` | how far a sweep can go, given a modulus: S3's bounds before the draw |
| ``probing`` | ``probe``: were step sizes fixed before the batch was drawn? |
| ``curvature`` | the largest curvature of any sample's loss |

    run = start()                                # ReplayedSweeps(model, optimiser, x, y, …)
    for k in range(40):
        run.sweep(replay=400 if k in (0, 39) else 0)
    audit(run.trace(probe(start)), ["S3"])      # start makes the training anew
"""

from amverify.expectation.blocks import ReplayedTraining
from amverify.expectation.probing import probe
from amverify.expectation.sweeps import ReplayedSweeps

__all__ = ["ReplayedSweeps", "ReplayedTraining", "probe"]
