"""Methods that promise to be rid of step sizes, from their own packages with their defaults.

| method | package | source |
|---|---|---|
| prodigy | prodigyopt | Mishchenko & Defazio, "Prodigy" (ICML 2024) |
| schedule_free_adamw | schedulefree | Defazio et al., "The road less scheduled" (NeurIPS 2024) |

Neither has settings here, and nothing is tuned: the rate is 1, times what Prodigy estimates, and
0.0025. Schedule-Free AdamW takes gradients at one point and is measured at another, the average of
its iterates. The packages come with the extra ``rivals``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec

from torch import nn
from torch.optim import Optimizer

from amverify.errors import InvalidInput
from repro.minibatch.baseline import Baseline
from repro.minibatch.names import PACKAGES, RIVALS
from repro.spec import Settings

INSTALL = "pip install 'amverify[rivals]'"


def absent(method: str) -> bool:
    """Whether ``method`` is a rival whose package is not installed."""
    return method in PACKAGES and find_spec(PACKAGES[method]) is None


def need(method: str) -> None:
    """Raise :class:`InvalidInput`, with the command that helps, where ``method`` is absent."""
    if absent(method):
        raise InvalidInput(f"{method}: {RIVALS[method]} needs {PACKAGES[method]}: {INSTALL}")


def source_of(method: str) -> str:
    """Where the settings of ``method`` come from, with the version of its package."""
    package = PACKAGES[method]
    try:
        version = metadata.version(package)
    except metadata.PackageNotFoundError:
        version = "of an unknown version"
    return f"{RIVALS[method]} with the defaults of {package} {version}, not tuned"


class Prodigy(Baseline):
    """Prodigy, which tells the rate that it has come to."""

    def measured(self) -> Mapping[str, float]:
        """The step size: its estimate times the given rate."""
        group = self.optimiser.param_groups[0]
        return {"step_size": float(group["d"]) * float(group["lr"])}


class ScheduleFree(Baseline):
    """Schedule-Free AdamW, which is measured at the average of its iterates."""

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """The network has the averaged weights, and then again those that gradients are of."""
        self.optimiser.eval()  # type: ignore[attr-defined]
        yield
        self.optimiser.train()  # type: ignore[attr-defined]


def rival(method: str, settings: Settings, model: nn.Sequential) -> Baseline:
    """The rival ``method`` on ``model``.

    Raises:
        InvalidInput: without its package, or for any setting.
    """
    need(method)
    settings.close()
    weights = list(model.parameters())
    size = sum(w.numel() for w in weights)
    if method == "prodigy":
        from prodigyopt import Prodigy as Estimating

        return Prodigy(model, Estimating(weights), size)
    from schedulefree import AdamWScheduleFree

    optimiser: Optimizer = AdamWScheduleFree(weights)
    optimiser.train()  # type: ignore[attr-defined]
    return ScheduleFree(model, optimiser, size)
