"""What a reader of a record has to know of the run that was listened to."""

from __future__ import annotations

BESIDE = (
    "rows are at {0}, not where steps are made: value, gradient, distances and tracked quantities "
    "are those there"
)
MOVED = (
    "the loop moved the parameters after {0} of {1} steps (a projection, another optimiser): rows "
    "are the points at which steps start"
)
LEFT = (
    "the parameters were moved after the last step, and its row is left out; call detach() where "
    "the run ends"
)


def notes(
    start: str, point: str | None, moved: int, steps: int, left: bool, lack: str
) -> list[str]:
    """The lines.

    Args:
        start: what was before row 0, in words, or nothing.
        point: where rows are, if not where steps are made.
        moved: after how many steps the loop moved the parameters.
        steps: how many there were.
        left: whether the last row is left out.
        lack: that no step found a gradient, in words, or nothing.
    """
    found = [
        start,
        "" if point is None else BESIDE.format(point),
        MOVED.format(moved, steps) if moved else "",
        LEFT if left else "",
        lack,
    ]
    return [line for line in found if line]
