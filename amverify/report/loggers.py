"""Runs and verdicts in somebody's experiment tracker: TensorBoard, W&B, Lightning's loggers.

A logger is any object with one of these methods, looked for in this order:

| method | known from | verdicts as |
|---|---|---|
| ``add_scalar(tag, value, step)`` | TensorBoard | exit statuses; words by ``add_text`` |
| ``log(values, step=step)`` | W&B's run, or the module ``wandb`` | words |
| ``log_metrics(values, step)`` | Lightning's loggers, and MLflow's by Lightning | exit statuses |

Steps come in their order, all values of a step at once: W&B drops what comes late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from amverify.errors import InvalidInput
from amverify.trace.columns import KEYS
from amverify.trace.trace import Trace
from amverify.verdict import Report

Values = dict[str, Any]
Send = Callable[[Values, int | None], None]
HOW = (
    "give an object with add_scalar(tag, value, step) (TensorBoard), log(values, step=step) (W&B) "
    "or log_metrics(values, step) (Lightning)"
)


def to_logger(
    logger: Any,
    trace: Trace | None = None,
    report: Report | None = None,
    tables: Sequence[str] = ("sweeps", "measures"),
) -> None:
    """Write a run's columns, and the verdicts on it, to an experiment tracker.

    Args:
        logger: TensorBoard's, W&B's, Lightning's, or any object with one of their methods.
        trace: its columns become ``amverify/value`` and so on, by step or sweep; a run of several
            replicates has their number in the name, ``blocks`` the block. Error bounds stay in
            the trace.
        report: each finding's verdict becomes ``amverify/verdict/ID``, its least relative margin
            at each step ``amverify/margin/ID``.
        tables: of the trace: ``sweeps``, ``measures``, ``blocks``, ``replays``.

    Raises:
        InvalidInput: for a logger without such a method, or a table that no trace has.
    """
    send = _sender(logger)
    for name in tables:
        if name not in KEYS:
            raise InvalidInput(f"tables: no {name!r}; a trace has {', '.join(KEYS)}")
    rows: dict[int, Values] = defaultdict(dict)
    parts = [_of_table(trace, name) for name in tables] if trace is not None else []
    for part in (*parts, _of_margins(report)):
        for step, tag, value in part:
            rows[step][f"amverify/{tag}"] = value
    for step in sorted(rows):
        send(rows[step], step)
    if report is not None:
        _verdicts(logger, send, report)


def _of_table(trace: Trace, name: str) -> Iterator[tuple[int, str, float]]:
    """Each number of a table with its step and its name."""
    table = trace.table(name)
    columns = {
        column: values
        for column, values in table.items()
        if column not in KEYS[name] and not column.endswith("_error") and values.dtype.kind in "if"
    }
    several = trace.rows(name) > 0 and bool((table["replicate"] > 0).any())
    for row in range(trace.rows(name)):
        where = f"{table['replicate'][row]}/" if several else ""
        where += f"{table['kind'][row].decode()}_{table['layer'][row]}/" if "kind" in table else ""
        for column, values in columns.items():
            yield int(table["sweep"][row]), f"{where}{column}", float(values[row])


def _of_margins(report: Report | None) -> Iterator[tuple[int, str, float]]:
    for finding in report.findings if report is not None else ():
        for step, margin in zip(finding.slack.sweeps, finding.slack.margin, strict=True):
            yield step, f"margin/{finding.theorem}", float(margin)


def _verdicts(logger: Any, send: Send, report: Report) -> None:
    """The verdicts, behind the run: without a step, where a logger can do without."""
    words = {f"amverify/verdict/{f.theorem}": str(f.verdict) for f in report.findings}
    numbers = {
        f"amverify/verdict/{f.theorem}": float(f.verdict.exit_status) for f in report.findings
    }
    send(words if _method(logger) == "log" else numbers, None)
    if callable(getattr(logger, "add_text", None)):
        logger.add_text("amverify/report", "\n\n".join(map(str, report.findings)))


def _method(logger: Any) -> str:
    """The method by which a logger is spoken to.

    Raises:
        InvalidInput: if it has none.
    """
    for name in ("add_scalar", "log", "log_metrics"):
        if callable(getattr(logger, name, None)):
            return name
    raise InvalidInput(f"logger: {type(logger).__name__} has no method for it; {HOW}")


def _sender(logger: Any) -> Send:
    name = _method(logger)
    method = getattr(logger, name)

    def scalars(values: Values, step: int | None) -> None:
        for tag, value in values.items():
            method(tag, value, 0 if step is None else step)

    def together(values: Values, step: int | None) -> None:
        method(values) if step is None else method(values, step=step)

    return scalars if name == "add_scalar" else together
