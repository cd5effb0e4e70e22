"""Carries out runs: each once, kept when finished, here or on a cluster.

A run is a pure function of its specification, the data, the code and torch's version; the
SHA-256 of these four is its *key*. What has been computed under a key is read back; what has
not is computed in this process, in a pool of processes or on a Dask cluster by the same
function (:func:`repro.engine.work.carry_out`), and written the moment that it is finished,
so that a kill loses nothing but the runs under way.

>>> finished = run_all(specs, datasets, cache=Path("results/cache"), jobs=2)
>>> finished[spec].result.curves["test_accuracy"][-1]

where ``datasets`` maps each data set's name to the loaded :class:`repro.data.dataset.Dataset`.
"""

from repro.engine.errors import Interrupted, RunFailed
from repro.engine.keys import configuration_hash
from repro.engine.laboratory import Laboratory
from repro.engine.run import run_all
from repro.engine.work import FinishedRun

__all__ = [
    "FinishedRun",
    "Interrupted",
    "Laboratory",
    "RunFailed",
    "configuration_hash",
    "run_all",
]
