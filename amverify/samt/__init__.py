"""SAMT: stochastic alternating minimisation with trainable step sizes, for PyTorch.

A step is a sweep: the layers are updated one after the other, each along the gradient of the
mini-batch loss at the *present* weights of all others, and each step size learns from the angle
between successive gradients of its layer: it grows while they agree and shrinks when they turn.

**Training.** The closure computes the loss and nothing else: no ``zero_grad``, no ``backward``.

    >>> import torch
    >>> from torch import nn
    >>> from torch.nn.functional import mse_loss
    >>> from amverify.samt import SAMT
    >>> _ = torch.manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> x = torch.randn(64, 4)
    >>> y = x.sum(1, keepdim=True).relu()
    >>> optimiser = SAMT(model, lr=0.03, kind="row", order="forward")
    >>> first = optimiser.step(lambda: mse_loss(model(x), y))
    >>> for _ in range(200):
    ...     last = optimiser.step(lambda: mse_loss(model(x), y))
    >>> bool(last < 0.01 * first)
    True

``step`` returns the loss before the sweep. The model above is a chain, so one forward pass serves
the whole sweep (``chain``): ``optimiser.uses_chain`` says so. For another model the closure is run
once a block.

**What was learned.** α of every parameter, in the shape of its kind; bounds hold by construction.

    >>> {name: tuple(alpha.shape) for name, alpha in optimiser.step_sizes().items()}
    {'0.weight': (8, 1), '0.bias': (8,), '2.weight': (1, 1), '2.bias': (1,)}

A kind of your own is a function of the parameter's shape (``kinds``):

    >>> halves = SAMT(model, kind=lambda shape: shape[:1] + (1,) * (len(shape) - 1))

**Blocks of your own** are param groups; ``model`` keeps the fast path. Settings may differ.

    >>> groups = [
    ...     {"params": model[0].parameters(), "name": "hidden", "kind": "column"},
    ...     {"params": model[2].parameters(), "name": "readout", "kind": "scalar", "lr": 0.01},
    ... ]
    >>> optimiser = SAMT(groups, model=model)

**Schedules** act on ``lr``, which scales all step sizes; what they learned stays.

    >>> schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=100)

**Costs** are counted: ``optimiser.counters``, ``optimiser.gradient_evaluations``.

**Stop and go on**, bit for bit: ``torch.save(optimiser.state_dict(), file)``, later
``load_state_dict(torch.load(file, weights_only=True))``.

**Theory.** With ``meta="lagged"`` step sizes are predictable. The theorems S1–S3 ask for that, and
for plain steps: ``extrapolation=0``, ``momentum=0``; ``amverify theorems S1`` says what they claim.

| module | holds |
|---|---|
| ``optimiser`` | ``SAMT``, a ``torch.optim.Optimizer`` |
| ``sweep`` | a step: blocks in order, inner steps, training of α |
| ``moves`` | an inner step of one parameter, in slabs of rows |
| ``kinds`` | shapes of step sizes |
| ``stepsizes`` | α = lr·exp(θ) in its bounds, all θ in one vector, the meta-step |
| ``hypergradient`` | closed form, and adjoints through n steps |
| ``chain`` | the fast path for chains of modules |
| ``dense`` | the same without graphs, where all of them are linear layers and activations |
| ``evaluation`` | gradients by block from the user's closure |
| ``blocks``, ``settings`` | what is trained, and how; what is refused |
| ``averaging`` | more than one machine |
| ``counters``, ``checkpoint`` | costs; saving and resuming |
"""

from amverify.samt.evaluation import NonFiniteLoss
from amverify.samt.kinds import KINDS
from amverify.samt.optimiser import SAMT

__all__ = ["KINDS", "SAMT", "NonFiniteLoss"]
