"""Claims in a test suite: with pytest, hypothesis, xdist, or none of them.

    from amverify.testing import assert_holds

    def test_my_optimiser_descends(amverify_recorder):
        recorder = amverify_recorder(optimizer, loss)
        train(optimizer, loss)
        assert_holds(recorder, "value[k] <= value[k-1]")

``assert_holds`` is an AssertionError unless the claim HOLDS of the run; ``claims`` makes a step
function a test over a family of problems. A pytest plugin comes with the package (entry point
``pytest11``, ``amverify.testing.plugin``): the fixture ``amverify_recorder``, the option
``--amverify-profile``, and a folder of pytest's own in which a failing run is kept. Everything is
imported when it is first used.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from amverify.testing.holds import assert_holds
    from amverify.testing.properties import claims

__all__ = ["assert_holds", "claims"]

_HOMES = {"assert_holds": "holds", "claims": "properties"}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(_import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
