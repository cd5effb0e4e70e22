r"""``falsify(claim, method, family)``: search, decide, make simple, tell.

result = amv.falsify("value[k] <= value[k-1]", "gradient_descent", quadratics(),
                     parameters={"eta": "2.05/L"})
print(result)                       # a paragraph
result.save("counterexample.json")  # amverify falsify --replay counterexample.json
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import flint

from amverify.claims import claim as written
from amverify.errors import CorruptFile, InvalidInput
from amverify.falsification.audited import Audited, AuditedRun
from amverify.falsification.found import Found
from amverify.falsification.methods import OURS, method
from amverify.falsification.question import BITS, Question, Run
from amverify.falsification.replaying import read, recorded, same, source_hash, stored_points
from amverify.falsification.result import Counterexample, Result
from amverify.falsification.searching import Search
from amverify.falsification.shrinking import shrunk
from amverify.falsification.stepping import SECONDS
from amverify.falsification.wording import Wording, question_of, worded
from amverify.families.catalogue import family as family_of
from amverify.families.catalogue import rebuild
from amverify.families.family import Family
from amverify.theorems.base import Theorem

EXAMPLES = 1000
Tell = Callable[[int, float, float], None]


def falsify(
    claim: str | Theorem,
    method: Any,
    family: str | Family,
    *,
    parameters: Mapping[str, Any] | None = None,
    given: str | Iterable[str] = (),
    constants: Mapping[str, Any] | None = None,
    without: str | Iterable[str] = (),
    steps: int = 10,
    examples: int | None = None,
    seconds: float | None = None,
    step_seconds: float = SECONDS,
    seed: int = 0,
    tell: Tell | None = None,
) -> Result:
    """Look for an instance on which a claim fails for certain.

    Args:
        claim: as text, or made by ``amv.claim``; or a theorem, or its id.
        method: one of ours by name, a step function ``step(x, grad, state)``
            (``amverify.falsification.stepping``), or the class of a torch optimiser. Of a theorem:
            one of ``amverify.falsification.loops`` by name.
        family: of the instances: ``families.quadratics()``, or its name.
        parameters: of the method, by name: a number, a formula such as ``"2.05/L"``, or a range
            ``"0.1/L..1/L"`` that is searched.
        given: of a claim as text, hypotheses that are monitored.
        constants: of the claim.
        without: names of hypotheses of a theorem that are left out.
        steps: of a run.
        examples: instances at most; 1000 if ``seconds`` is not given either.
        seconds: at most.
        step_seconds: that one step may take.
        seed: of the search, and of a step's ``rng``.
        tell: told the number of instances, the least margin and the seconds, after each.

    Raises:
        InvalidInput: for a claim, method, family or parameter that is none; a step function that
            changes its argument, raises, hangs, or is random; a claim that no instance tests.
    """
    asked = Wording(claim, given, constants or {}, without)
    question = question_of(asked, method, family, parameters or {}, steps, step_seconds, seed)
    return searched(question, *_budget(examples, seconds), seed, tell)


def _budget(examples: int | None, seconds: float | None) -> tuple[int | None, float | None]:
    if examples is not None and examples < 1:
        raise InvalidInput(f"examples: at least 1, got {examples}")
    if seconds is not None and not seconds > 0:
        raise InvalidInput(f"seconds: more than 0, got {seconds:g}")
    return (EXAMPLES if examples is None and seconds is None else examples), seconds


def searched(
    question: Question | Audited,
    examples: int | None,
    seconds: float | None,
    seed: int,
    tell: Tell | None = None,
) -> Result:
    """The end of a search, its counterexample made simple."""
    search = Search(question, examples, seconds, seed, tell)
    search.run()
    if search.found is None and not search.stopped and not search.tested:
        raise InvalidInput(
            f"claim {question.claim.id!r}: no instance of {question.family.name} tested it in "
            f"{search.done} runs of {question.steps} steps; see --steps, and what is given"
        )
    counterexample, record = None, None
    if search.found is not None:
        trial, found = shrunk(question, *search.found)
        counterexample = Counterexample(trial.problem, trial.parameters, found)
        record = recorded(found, _said(question, trial))
    return Result(
        _statement(question), question.name, question.family.name, search.done,
        search.tested, search.broken, search.least, seed, search.elapsed, counterexample,
        search.stopped, record=record,
    )  # fmt: skip


def _statement(question: Question | Audited) -> str:
    claim = question.claim
    named = f"{claim.id}: " if isinstance(question, Audited) else ""
    return named + claim.statement.rstrip(".")


def _said(question: Question | Audited, trial: Any) -> dict[str, Any]:
    does = question.step if isinstance(question, Question) else question.loop
    return {
        "claim": worded(question),
        "method": {"name": question.name, "sha256": source_hash(does)},
        "problem": trial.problem.spec(),
        "parameters": dict(trial.parameters),
        "steps": trial.steps,
        "seed": getattr(question, "seed", 0),
    }


def replayed(path: str | Path, method: Any = None) -> Result:
    """A counterexample decided again, from its file alone.

    Args:
        path: what ``Result.save`` wrote.
        method: the step function again, where it is none of ours: it is then run again too.

    Raises:
        InvalidInput: if there is no such file.
        CorruptFile: if it is no counterexample, was changed, or its method makes other points.
    """
    record = read(Path(path))
    try:
        return _again(record, method)
    except (KeyError, TypeError, AttributeError) as lack:
        raise CorruptFile(f"{path}: incomplete: {lack}") from None


def _again(record: Mapping[str, Any], given: Any) -> Result:
    said, problem = record["claim"], rebuild(record["problem"])
    values, name = dict(record["parameters"]), record["method"]["name"]
    family, steps, seed = family_of(problem.family), int(record["steps"]), int(record["seed"])
    if "theorem" in said:
        wording = Wording(said["theorem"], (), said["constants"], said["without"])
        audited = question_of(wording, name, family, {}, steps, SECONDS, seed)
        assert isinstance(audited, Audited)
        found, how = AuditedRun(audited, problem, values, steps).decide(), _RERUN_LOOP
        statement = _statement(audited)
    else:
        claim = written(said["text"], given=said["given"], trust=said["trust"], **said["constants"])
        step = method(given)[1] if given is not None else OURS.get(name)
        if given is not None and source_hash(step) != record["method"]["sha256"]:
            raise InvalidInput(f"method: not the one of the file, {name}: its source differs")
        question = Question(claim, name, step or _gone, family, steps=steps, seed=seed)
        found = _decided(question.run(problem, values), record, step is not None)
        how, statement = (_AS_STORED if step is None else _RERUN), claim.statement
    known = None if found is None else Counterexample(problem, values, found)
    return Result(
        statement.rstrip("."), name, problem.family, 1, 1, 0, float("nan"), seed, 0.0, known,
        again=how, record=record,
    )  # fmt: skip


_RERUN = (
    "Both sides were computed again without rounding from the points of the file, and the method "
    "makes these points."
)
_RERUN_LOOP = (
    "The method was run again and audited, and the witness's inequality fails over all values that "
    "the bounds on its symbols admit."
)
_AS_STORED = (
    "Both sides were computed again without rounding from the points of the file. That the method "
    "makes these points was not checked: it is none of ours; give it with --method."
)


def _gone(x: Any, grad: Any, state: Any) -> Any:
    raise InvalidInput("method: it is not at hand")


def _decided(run: Run, record: Mapping[str, Any], here: bool) -> Found | None:
    """The claim at the stored points, and the points again where the method is to be had."""
    points, floats = stored_points(record["points"]), record["decided"] == "floats"
    with flint.ctx.workprec(BITS[-1]):
        if here:
            last = len(points) - 1
            made = run.stored if floats else run.stepping.exactly(run.problem, last)
            if not same(points, made):
                raise CorruptFile("counterexample: the method makes other points than its file has")
        if floats and not run.beyond_rounding([[float(v.ends[0]) for v in row] for row in points]):
            return None
        return run.at(points, record["decided"])
