"""``@claims``: a step function as a test that a claim holds of it on a whole family of problems.

    @claims("value[k] <= value[k-1]", family=quadratics())
    def test_my_step(x, grad, state, *, L):
        return x - grad(x) / L

What is decorated is a test without arguments; the step function stays in its ``step``. Each run of
the test searches among the family's instances (``amverify.falsification``), from the same seed: a
failure that is found is made simple, decided without rounding where the step allows it, and
written to a file.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from amverify.claims import claim
from amverify.errors import AmverifyError, InvalidInput
from amverify.falsification import Result, falsify
from amverify.falsification.result import BROKEN
from amverify.families.family import Family
from amverify.report.words import one_line
from amverify.testing.place import PLACE, file_of


@dataclass(frozen=True)
class Profile:
    """How long a test searches: so many instances, and no longer than so many seconds."""

    examples: int
    seconds: float


PROFILES: Mapping[str, Profile] = {"ci": Profile(100, 20.0), "nightly": Profile(10_000, 600.0)}
"""By the name that ``pytest --amverify-profile`` takes."""

Decorator = Callable[[Callable[..., Any]], Callable[[], None]]


def claims(
    *texts: str,
    family: str | Family | None = None,
    parameters: Mapping[str, Any] | None = None,
    given: str | Iterable[str] = (),
    steps: int = 10,
    examples: int | None = None,
    seed: int = 0,
    **constants: Any,
) -> Decorator:
    """A test that claims hold of a step function on every instance of a family that is tried.

    Args:
        texts: claims as text.
        family: of ``amverify.families``, or its name.
        parameters: of the step function, by name: numbers, formulas such as ``"1/L"``, ranges
            such as ``"0.1/L..1/L"``.
        given: monitored hypotheses of the claims.
        steps: of a run.
        examples: instances to be tried; else by the profile.
        seed: of the search.
        constants: of the claims, by name; L, mu, fstar and D are the instance's own.

    Raises:
        InvalidInput: for what is no claim, a constant that none of the claims has, no family.
    """
    given = (given,) if isinstance(given, str) else tuple(given)
    own = _own(texts, given, constants)
    if family is None:
        raise InvalidInput('claims: say on which problems: @claims("…", family=quadratics())')
    problems = family

    def decorated(step: Callable[..., Any]) -> Callable[[], None]:
        @functools.wraps(step)
        def test() -> None:
            __tracebackhide__ = True
            profile = PROFILES[PLACE.profile]
            for text in texts:
                asked: dict[str, Any] = {
                    "parameters": parameters, "given": given, "constants": own[text],
                    "steps": steps, "examples": examples or profile.examples,
                    "seconds": None if examples else profile.seconds, "seed": seed,
                }  # fmt: skip
                try:
                    result = falsify(text, step, problems, **asked)
                except AmverifyError as error:
                    vars(error).pop("__notes__", None)  # hypothesis says where it was raised
                    raise error.with_traceback(None) from None
                if result.falsified:
                    raise AssertionError(_told(result))
                if result.broken:
                    raise AssertionError(_unfinished(result))
                if result.stopped:
                    raise KeyboardInterrupt

        test.__signature__ = inspect.Signature()  # type: ignore[attr-defined]
        test.step = step  # type: ignore[attr-defined]
        return test

    return decorated


def _own(
    texts: tuple[str, ...], given: tuple[str, ...], constants: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """The constants of each claim."""
    if not texts:
        raise InvalidInput('claims: say which: @claims("value[k] <= value[k-1]", family=…)')
    names = {text: [p.name for p in claim(text, given=given).parameters] for text in texts}
    for name in constants:
        if not any(name in has for has in names.values()):
            raise InvalidInput(f"claims: no constant {name} in {'; '.join(texts)}")
    return {t: {n: v for n, v in constants.items() if n in has} for t, has in names.items()}


def _unfinished(result: Result) -> str:
    """Not false, and not seen to hold either."""
    return (
        f"UNDECIDED: {result.claim.rstrip('.')}: {result.broken} of {result.tested} runs of "
        f"{result.method} {BROKEN}; take fewer steps, or say in given= when the claim is meant"
    )


def _told(result: Result) -> str:
    """The paragraph, and the file that decides it again."""
    lines = [one_line(str(result))]
    try:
        file = file_of(".json")
        result.save(file)
        lines.append(f"  replay: amverify falsify --replay {file}")
    except (AmverifyError, OSError) as error:
        lines.append(f"  not kept: {one_line(str(error))}")
    return "\n".join(lines)
