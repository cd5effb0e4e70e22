"""SAMT: stochastic alternating minimisation with trainable step sizes, for PyTorch.

    optimiser = SAMT(model, lr=0.03, kind="column")
    for x, y in batches:
        loss = optimiser.step(lambda: cross_entropy(model(x), y))

| module | holds |
|---|---|
| ``optimiser`` | ``SAMT``, a ``torch.optim.Optimizer`` |
| ``sweep`` | a step: blocks in order, inner steps, training of α |
| ``kinds`` | shapes of step sizes |
| ``stepsizes`` | α = lr·exp(θ) in its bounds, the meta-step |
| ``hypergradient`` | closed form, and adjoints through n steps |
| ``chain`` | the fast path for chains of modules |
| ``evaluation`` | gradients by block from the user's closure |
| ``blocks``, ``settings`` | what is trained, and how; what is refused |
| ``averaging`` | more than one machine |
| ``counters``, ``checkpoint`` | costs; saving and resuming |
"""

from amverify.methods.samt.evaluation import NonFiniteLoss
from amverify.methods.samt.kinds import KINDS
from amverify.methods.samt.optimiser import SAMT

__all__ = ["KINDS", "SAMT", "NonFiniteLoss"]
