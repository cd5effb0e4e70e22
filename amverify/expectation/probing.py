"""The probe of predictability, of a training that draws its own batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from amverify.errors import InvalidInput, expect
from amverify.expectation.training import Training
from amverify.samt.probe import Probe, predictability_probe


def probe(start: Callable[[], Training], sweeps: int = 6) -> Probe:
    """Train twice from the same start, with other batches from the middle on: were step sizes same?

    Step sizes are read before a sweep's batch is drawn; that the sweep uses these and no others,
    ``ReplayedSweeps.sweep`` checks.

    Args:
        start: makes the training anew, model and optimiser included, each time the same.
        sweeps: how many each of the two makes.

    Raises:
        InvalidInput: for no sweeps.
    """

    if not callable(start):
        raise InvalidInput(f"probe: start makes the training anew, got {type(start).__name__}")

    def run(seeds: Sequence[int]) -> list[list[float]]:
        training, used = start(), []
        expect("probe, start", training, Training, "return an amv.ReplayedTraining")
        for seed in seeds:
            sizes = training.optimiser.step_sizes().values()
            used.append([float(a) for alpha in sizes for a in alpha.flatten()])
            training.draw_from(seed)
            training.sweep()
        return used

    return predictability_probe(run, range(sweeps), range(sweeps, 2 * sweeps), sweeps // 2)
