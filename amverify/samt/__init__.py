"""SAMT: stochastic alternating minimisation with trainable step sizes, for PyTorch.

A step is a sweep: the layers are updated one after the other, each along the gradient of the
mini-batch loss at the *present* weights of all others, and each step size learns from the angle
between successive gradients of its layer: it grows while they agree and shrinks when they turn.

**Training.** ``step`` is told the loss, a function of outputs and targets, and the batch: no
``zero_grad``, no ``backward``.

    >>> import torch
    >>> from torch import nn
    >>> from torch.nn.functional import mse_loss
    >>> from amverify.samt import SAMT
    >>> _ = torch.manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> x = torch.randn(64, 4)
    >>> y = x.sum(1, keepdim=True).relu()
    >>> optimiser = SAMT(model, lr=0.03, kind="row", order="forward")
    >>> first = optimiser.step(loss=mse_loss, inputs=x, targets=y)
    >>> for _ in range(200):
    ...     last = optimiser.step(loss=mse_loss, inputs=x, targets=y)
    >>> bool(last < 0.01 * first)
    True

``step`` returns the loss before the sweep. The model above is a chain, so one forward pass serves
the whole sweep (``fast``): ``optimiser.plan()`` says so. Another model is run once a block.

What is no such function is a closure, run once a block too; it computes the loss and no more.

    >>> def closure():
    ...     return mse_loss(model(x), y) + 1e-3 * sum(w.abs().sum() for w in model.parameters())
    >>> optimiser.step(closure).shape
    torch.Size([])

**Settings** are one object, for many optimisers if need be; single ones may be keywords.

    >>> from amverify.samt import Settings
    >>> plain = Settings(extrapolation=0.0, order="forward")
    >>> optimiser = SAMT(model, kind="row", settings=plain, clip=1.0)

**What was learned.** α of every parameter, in the shape of its kind; bounds hold by construction.

    >>> {name: tuple(alpha.shape) for name, alpha in optimiser.step_sizes().items()}
    {'0.weight': (8, 1), '0.bias': (8,), '2.weight': (1, 1), '2.bias': (1,)}

A kind of your own is a function of the parameter's shape (``kinds``):

    >>> halves = SAMT(model, kind=lambda shape: shape[:1] + (1,) * (len(shape) - 1))

**Blocks of your own** are param groups; ``model`` is whose loss is told. Settings may differ.

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
| ``asking``, ``told``, ``nested`` | what a step is given: a loss and batch, a closure, ``.grad`` |
| ``evaluation``, ``parts`` | gradients by block |
| ``closures``, ``scaler`` | what a closure gives back; gradients that others stored, or scaled |
| ``replay``, ``sources`` | what a forward pass draws and keeps, the same on every call |
| ``values``, ``clipping`` | settings as they are at this step; limits on directions |
| ``fast`` | less than whole passes: chains, dense networks, losses without a graph, loops |
| ``plan`` | which way each block's gradient comes, and why not a faster one |
| ``blocks``, ``assembly``, ``settings`` | what is trained, and how; what is refused |
| ``trainer`` | sweeps in Hugging Face's Trainer |
| ``warm`` | the first step, paid beforehand |
| ``averaging`` | more than one machine |
| ``counters``, ``checkpoint``, ``saved`` | costs; state and files to resume from |
"""

from amverify.samt.evaluation import NonFiniteLoss
from amverify.samt.kinds import KINDS
from amverify.samt.optimiser import SAMT
from amverify.samt.saved import load_checkpoint, save_checkpoint
from amverify.samt.settings import Settings
from amverify.samt.trainer import TrainerSweeps
from amverify.samt.warm import warm_up

__all__ = [
    "KINDS",
    "SAMT",
    "NonFiniteLoss",
    "Settings",
    "TrainerSweeps",
    "load_checkpoint",
    "save_checkpoint",
    "warm_up",
]
