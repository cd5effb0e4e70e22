"""Reports drawn by hypothesis: any text, any float, every verdict, a header of any JSON."""

from __future__ import annotations

from hypothesis import strategies as st

from amverify.shown import Curve
from amverify.verdict import (
    Checked,
    Constant,
    Counts,
    Evidence,
    Finding,
    Report,
    Slack,
    Verdict,
    Witness,
)

TEXTS = st.text(max_size=20)
NUMBERS = st.floats()
NATURAL = st.integers(0, 10**12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXTS | st.just("nan") | st.just("inf"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS | st.just("$float") | st.just("$$a"), inner, max_size=3)
    ),
    max_leaves=8,
)
HEADERS = st.dictionaries(TEXTS, JSON, max_size=4)
CONSTANTS = st.builds(Constant, TEXTS, TEXTS, NUMBERS, NUMBERS)
WITNESSES = st.builds(
    Witness,
    *(TEXTS, TEXTS, NATURAL, TEXTS, NATURAL, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    decided=st.sampled_from(["float", "exact"]),
    values=st.dictionaries(TEXTS, st.tuples(NUMBERS, NUMBERS), max_size=3),
    state=st.none() | HEADERS,
)


@st.composite
def slacks(draw: st.DrawFn) -> Slack:
    """Sweeps in order, with any margins and floors, also such as no audit gives."""
    sweeps = sorted(draw(st.sets(NATURAL, max_size=6)))
    sides = st.lists(NUMBERS, min_size=len(sweeps), max_size=len(sweeps)).map(tuple)
    return Slack(tuple(sweeps), draw(sides), draw(sides))


FINDINGS = st.builds(
    Finding,
    *(TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(Verdict), TEXTS),
    evidence=st.lists(st.sampled_from(Evidence), max_size=3).map(tuple),
    hypotheses=st.lists(
        st.builds(Checked, TEXTS, TEXTS, st.none() | st.booleans(), TEXTS), max_size=2
    ).map(tuple),
    constants=st.lists(CONSTANTS, max_size=2).map(tuple),
    counts=st.builds(Counts, NATURAL, NATURAL, NATURAL, NATURAL),
    witness=st.none() | WITNESSES,
    slack=slacks(),
    notes=st.lists(TEXTS, max_size=2).map(tuple),
)
CURVES = st.builds(
    Curve,
    st.sampled_from(["objective", "lyapunov", "gap", "residual", "declared", "envelope"]),
    st.lists(NATURAL, max_size=4).map(tuple),
    st.lists(NUMBERS, max_size=4).map(tuple),
)
REPORTS = st.builds(
    Report,
    TEXTS,
    HEADERS,
    st.lists(FINDINGS, max_size=3).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(CURVES, max_size=4).map(tuple),
)
