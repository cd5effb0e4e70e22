"""The pytest plugin: a fixture that records, a place for failing runs, profiles, no cold start.

Nothing heavy is imported when pytest starts: whoever uses none of it pays for an import of this
file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from amverify.testing.place import PLACE

if TYPE_CHECKING:
    from amverify.testing.recording import Recorders

_USED = ("amverify.testing.holds", "amverify.record.recorder", "amverify.judge.audit")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that says how long property tests search."""
    parser.getgroup("amverify").addoption(
        "--amverify-profile",
        choices=("ci", "nightly"),
        default="ci",
        help="how many examples a test of amverify.testing.claims tries: seconds (ci, the default) "
        "or minutes (nightly)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell ``amverify.testing`` the profile before tests are collected."""
    before = PLACE.profile
    PLACE.profile = config.getoption("--amverify-profile")
    config.add_cleanup(lambda: setattr(PLACE, "profile", before))


@pytest.fixture(scope="session", autouse=True)
def _amverify_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Failing runs are kept where pytest keeps what tests write."""
    before = PLACE.folder
    PLACE.folder = lambda: tmp_path_factory.mktemp("amverify")
    yield
    PLACE.folder = before


@pytest.fixture
def amverify_recorder() -> Iterator[Recorders]:
    """Makes recorders: of an optimiser, ``amverify_recorder(optimizer, loss)``, or of a loop."""
    from amverify.testing.recording import Recorders
    from amverify.testing.warm import warm

    warm()
    with Recorders() as made:
        yield made


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hypothesis measures each example: what the first one would compile is compiled before."""
    property_test = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
    if property_test and any(name in sys.modules for name in _USED):
        from amverify.testing.warm import warm

        warm()
