r"""A step function on a problem, in floats or exactly, on a leash.

    def step(x, grad, state, *, L):
        return x - grad(x) / L

``x`` is read-only, ``grad`` a function, ``state`` a dict of the step's own that is empty at the
start. What stands after the ``*`` is handed over by name: constants of the instance (``L``, ``mu``,
``fstar``, ``D``), ``k`` (1, 2, …), ``prox`` (v, step size → array), ``f``, ``rng`` (a seeded
generator), ``sample`` (x, i → ∇ℓ_i of a finite sum), and parameters of one's own.

In floats x is an array of float64; exactly, it is an object array of ``Exactly`` numbers, and every
constant is a fraction. A step that numpy can carry out on objects runs both ways unchanged.
"""

from __future__ import annotations

import inspect
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput, one_line
from amverify.falsification.exactly import Exactly, Inexact, Undecided, points
from amverify.families.problem import Problem, Summed
from amverify.numbers.exact import Enclosure
from amverify.numbers.exact import rational as ball_of

Step = Callable[..., Any]
SECONDS = 10.0
"""That one step may take."""
_BY_NAME = ("k", "prox", "f", "rng", "sample")
_CONSTANTS = ("L", "mu", "fstar", "D")


@dataclass(frozen=True)
class Stepping:
    """A step function with what it is told besides.

    Args:
        step: see the module.
        parameters: by name; floats.
        seconds: that one step may take.
        seed: of ``rng``.
    """

    step: Step
    parameters: Mapping[str, float] = field(default_factory=dict)
    seconds: float = SECONDS
    seed: int = 0

    def path(self, problem: Problem, steps: int) -> NDArray[np.float64]:
        """x⁰, …, x^K in float64, (K + 1, n); fewer where a point is not finite, which is the last.

        Raises:
            InvalidInput: for a step that changes x, raises, hangs, returns another shape, or two
                times not the same.
        """
        first = self.once(problem, steps)
        second = self.once(problem, steps)
        if not np.array_equal(first, second, equal_nan=True):
            raise InvalidInput(
                f"step: two runs from the same start differ (on {problem.name}); it is random, or "
                "keeps something between runs: take randomness from rng and memory from state"
            )
        return first

    def once(self, problem: Problem, steps: int) -> NDArray[np.float64]:
        """The path of one run; ``path`` makes two and compares."""
        told = self._told(problem, False)
        state: dict[str, Any] = {}
        found = [problem.x0.astype(np.float64)]
        for k in range(1, steps + 1):
            found.append(self._next(problem, found[-1], state, told, k))
            if not np.isfinite(found[-1]).all():
                break
        return np.stack(found)

    def _next(
        self, problem: Problem, x: NDArray[np.float64], state: dict[str, Any], told: Any, k: int
    ) -> NDArray[np.float64]:
        given = x.copy()
        given.flags.writeable = False
        where = f"step, at k = {k} on {problem.name}"
        if "k" in told:
            told["k"] = k
        try:
            with within(self.seconds, where), np.errstate(all="ignore"):
                new = self.step(given, problem.plain, state, **told)
        except InvalidInput:
            raise
        except ValueError as error:
            if "read-only" in str(error) or "writeable" in str(error):
                raise InvalidInput(f"{where}: {_MUTATES}") from None
            raise InvalidInput(f"{where}: it raised {_one_line(error)}") from error
        except Exception as error:
            raise InvalidInput(f"{where}: it raised {_one_line(error)}") from error
        if given.tobytes() != x.tobytes():
            raise InvalidInput(f"{where}: {_MUTATES}")
        return _array(new, x.shape, where)

    def exactly(self, problem: Problem, steps: int) -> list[NDArray[Any]]:
        """x⁰, …, x^K without rounding, in flint's present precision.

        Raises:
            Inexact: if the step cannot be carried out on exact numbers.
            Undecided: if a comparison needs more bits.
        """
        told = self._told(problem, True)
        state: dict[str, Any] = {}
        found = [points(problem.x0)]
        for k in range(1, steps + 1):
            if "k" in told:
                told["k"] = k
            try:
                with within(self.seconds, f"step, exactly at k = {k} on {problem.name}"):
                    new = self.step(found[-1].copy(), problem.slope, state, **told)
            except (Undecided, Inexact):
                raise
            except Exception as error:
                raise Inexact(_one_line(error)) from error
            array = np.asarray(new, dtype=object)
            if array.shape != found[-1].shape:
                raise Inexact("its step has another shape on exact numbers")
            found.append(points(array))
        return found

    def _told(self, problem: Problem, exact: bool) -> dict[str, Any]:
        """The keyword arguments, in floats or exactly."""
        given = [n for n in self.parameters if takes_all(self.step) or n in accepted(self.step)]
        names = dict.fromkeys((*asked(self.step), *given))
        return {name: self._one(problem, name, exact) for name in names}

    def _one(self, problem: Problem, name: str, exact: bool) -> Any:
        if name in self.parameters:
            return Fraction(self.parameters[name]) if exact else self.parameters[name]
        if name in _CONSTANTS:
            known = constant(problem, name)
            if isinstance(known, Fraction):
                return known if exact else float(known)
            return Exactly(known()) if exact else float(known().mid())
        match name:
            case "k":
                return 0
            case "prox":
                return problem.prox
            case "f":
                return _value(problem) if not exact else lambda x: exact_value(problem, x)
            case "rng":
                return np.random.default_rng(self.seed)
            case "sample":
                return _sample(problem)
        raise InvalidInput(
            f"step: its argument {name} is no constant ({', '.join(_CONSTANTS)}), none of "
            f"{', '.join(_BY_NAME)}, nor given as a parameter: --parameter {name}=LOW..HIGH"
        )


_MUTATES = "it changes its argument x; let it return a new array (x = x - …, not x -= …)"


def asked(step: Step) -> tuple[str, ...]:
    """Names of the keyword-only arguments of a step function that have no default.

    Raises:
        InvalidInput: if it does not take (x, grad, state).
    """
    try:
        said = inspect.signature(step).parameters.values()
    except (TypeError, ValueError):
        raise InvalidInput("step: a function step(x, grad, state) is needed") from None
    placed = [p for p in said if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(placed) < 3 or any(p.default is p.empty for p in placed[3:]):
        raise InvalidInput(
            "step: it is to take (x, grad, state), and by name, after a *, what else it needs"
        )
    return tuple(p.name for p in said if p.kind is p.KEYWORD_ONLY and p.default is p.empty)


def takes_all(step: Step) -> bool:
    """Whether a step takes parameters of any name (**arguments)."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(step).parameters.values())


def accepted(step: Step) -> tuple[str, ...]:
    """All names that it takes after the *."""
    said = inspect.signature(step).parameters.values()
    return tuple(p.name for p in said if p.kind is p.KEYWORD_ONLY)


def constant(problem: Problem, name: str) -> Fraction | Enclosure:
    """L, mu, fstar or D of an instance.

    Raises:
        InvalidInput: if the instance does not know it.
    """
    known = problem.constants
    if name == "D" and known.xstar is not None:
        start = [Fraction(float(v)) for v in problem.x0]
        squared = sum(((a - b) ** 2 for a, b in zip(start, known.xstar, strict=True)), Fraction(0))
        return lambda: ball_of(squared).sqrt()
    found: Fraction | None = getattr(known, name) if name in ("L", "mu", "fstar") else None
    if found is None:
        raise InvalidInput(
            f"{problem.family}: no {name} is known of {problem.name}; choose another family, or "
            "give it as a parameter"
        )
    return found


def exact_value(problem: Problem, x: NDArray[Any]) -> Exactly:
    """F at a point of exact numbers."""
    smooth, rough = problem.smooth(x), problem.nonsmooth(x)
    return Exactly(smooth if rough is None else smooth + rough)


def _value(problem: Problem) -> Callable[[NDArray[np.float64]], float]:
    return lambda x: float(problem.value(np.asarray(x, dtype=np.float64)).mid)


def _sample(problem: Problem) -> Callable[[NDArray[Any], int], NDArray[Any]]:
    """∇ℓ_i of a finite sum, in x's own numbers; i counts on beyond the last sample."""
    if not isinstance(problem, Summed):
        raise InvalidInput(f"step: sample is for finite sums; {problem.family} is none")
    return problem.sample_slope


def _array(new: Any, shape: tuple[int, ...], where: str) -> NDArray[np.float64]:
    if new is None:
        raise InvalidInput(f"{where}: it returned nothing; let it return the next point")
    try:
        found = np.array(new, dtype=np.float64)
    except (TypeError, ValueError):
        told = f"it returned a {type(new).__name__}, no array"
        raise InvalidInput(f"{where}: {told}; let it return the next point alone") from None
    if found.shape != shape:
        raise InvalidInput(f"{where}: it returned the shape {found.shape}, x has {shape}")
    return found


def _one_line(error: BaseException) -> str:
    return one_line(f"{type(error).__name__}: {error}")


@contextmanager
def within(seconds: float, where: str) -> Iterator[None]:
    """Stop what runs longer; only the main thread can, elsewhere there is no limit.

    Raises:
        InvalidInput: once the time is over.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise InvalidInput(f"{where}: not done after {seconds:g} s; see --step-seconds")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
