"""By what a run is found again: specification, data, code, torch."""

from __future__ import annotations

import hashlib
import weakref
from dataclasses import asdict

import numpy as np
import torch

from repro.data.dataset import Dataset
from repro.engine.provenance import DECIDING, JUDGING, SAMT, STOCHASTIC, code_version, versions
from repro.engine.storage import canonical_json, sha256
from repro.minibatch.names import PACKAGES
from repro.spec import RunSpec


def fingerprint(dataset: Dataset) -> str:
    """SHA-256 over every array of ``dataset``: type, shape, values; worked out once for each.

    Hashes of the files would not do: the features are computed from them, and a change in
    that computation changes every run.
    """
    known = _FINGERPRINTS.get(id(dataset))
    if known is None or known[0]() is not dataset:
        known = weakref.ref(dataset), _fingerprint(dataset)
        _FINGERPRINTS[id(dataset)] = known
    return known[1]


_FINGERPRINTS: dict[int, tuple[weakref.ref[Dataset], str]] = {}


def _fingerprint(dataset: Dataset) -> str:
    digest = hashlib.sha256(f"{dataset.classes}\n".encode())
    for split in (dataset.train, dataset.validation, dataset.test):
        for array in () if split is None else (split.x, split.y):
            digest.update(f"{array.dtype.str} {array.shape}\n".encode())
            digest.update(np.ascontiguousarray(array).data)
        digest.update(b"end of split\n")
    return digest.hexdigest()


def deciding(spec: RunSpec) -> tuple[str, ...]:
    """The modules that decide what a run gives."""
    if spec.minibatch is None:
        return DECIDING + JUDGING * bool(spec.claims)
    return STOCHASTIC + SAMT * spec.method.startswith("samt")


def run_key(spec: RunSpec, data: str) -> str:
    """The key of ``spec`` on the data with fingerprint ``data``, under this code and torch.

    A method from a package of its own is found under that package's version too.
    """
    package = PACKAGES.get(spec.method)
    return sha256(
        canonical_json(
            {
                "spec": asdict(spec),
                "data": data,
                "code": code_version(deciding(spec)),
                "torch": str(torch.__version__),
                **({} if package is None else {"package": [package, versions()[package]]}),
            }
        )
    )


def configuration_hash(spec: RunSpec) -> str:
    """Twelve hexadecimal digits that stand for ``spec`` without its seed."""
    configuration = asdict(spec)
    del configuration["seed"]
    return sha256(canonical_json(configuration))[:12]
