"""S1 and S3 on enumerated finite sums: none violated (``make controls`` does 10,000 of each)."""

from __future__ import annotations

from finite_sums import Enumerated, until


def test_no_enumerated_instance_violates_s1_or_s3():
    total = Enumerated()
    for found in until(150):
        total.add(found)
    assert not total.failures
    assert min(total.instances.values()) >= 150
    assert total.tightest["S1"] < 1e-3, "some instances of S1 are nearly equalities"
