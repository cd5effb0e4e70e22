r"""KL plots: log of the gap against log of the gradient's length, with declared line and envelope.

Gradient descent on two functions whose exponent is known: a quadratic (θ = ½) and x⁴ + y² (θ = ¾).
K2 says that r = F − F* stays on or below (c·w)^{1/θ}, w = ‖∇F‖; T6 bounds r_k from r_0. The fitted
line is found from the run and confirms nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from amverify.families import draw as drawn
from amverify.families.loops.gradient import gradient_descent
from amverify.fitted import kl_plot
from paper_figures.data.frame import Data, Entry, Frame
from paper_figures.data.runs import Sources
from paper_figures.drawing.style import PAGE, PENS, blank, legend_below
from repro.tables.parts.request import Protocol, Request

PROTOCOL = Protocol((), (), 0, seeds={})
RUNS = {"quadratic": (1, 60), "flat_valley": (0, 400)}
"""Family, with seed and steps."""
LABELS = {
    "quadratic": r"quadratic, $\theta = \frac{1}{2}$",
    "flat_valley": r"$x^4 + y^2$, $\theta = \frac{3}{4}$",
}
SEEN = ("gap", "residual", "declared", "fitted", "envelope")
COLUMNS = ("family", "step", *SEEN)


def data(request: Request, sources: Sources) -> Data:
    """A row a run and step."""
    rows = [row for family in RUNS for row in _run(family)]
    caption = (
        "Gradient descent on functions with a known Kurdyka–Łojasiewicz exponent. Left: gap "
        "against the gradient's length, below the declared line by K2. Right: gap by step, below "
        "T6's bound."
    )
    frame = Frame.of_rows("runs", COLUMNS, rows)
    return Data((frame,), caption, {"code": "amverify.families", "runs": RUNS})


def _run(family: str) -> Iterator[tuple[Entry, ...]]:
    seed, steps = RUNS[family]
    problem = drawn(family, seed)
    trace = gradient_descent(problem, steps)
    own, eta = problem.constants, float(trace.sweeps["eta"][0])
    assert own.L is not None, "families of the figure have a known modulus"
    known = {"theta": float(own.theta or 0), "c": own.c, "memory": 1}
    known |= {"a": 1 / eta - float(own.L) / 2, "b": 1 / eta + float(own.L)}
    columns = kl_plot(trace, known).columns
    for k in range(len(columns["sweep"])):
        yield (family, k, *(columns[name][k] if name in columns else None for name in SEEN))


def draw(data: Data) -> Figure:
    """Gap against length, and gap by step."""
    figure, (left, right) = blank(PAGE, 2.7, 1, 2, sharey=True)
    for number, family in enumerate(data["runs"].levels("family")):
        own, pen = data["runs"].where(family=family), PENS[number]
        w, r, k = (own.numbers(name) for name in ("residual", "gap", "step"))
        every = max(1, len(own) // 25)
        dots = {**pen.dots(), "mfc": "none", "mew": 0.7, "markevery": every}
        left.plot(w, r, label=f"run: {LABELS[family]}", **dots)
        left.plot(w, own.numbers("declared"), label="declared, K2", color=pen.colour, ls="-")
        left.plot(w, own.numbers("fitted"), label="fitted", color=pen.colour, ls=":")
        right.plot(k + 1, r, **dots)
        right.plot(k + 1, own.numbers("envelope"), color=pen.colour, ls="--", label="bound of T6")
    for place, name in ((left, r"$\Vert\nabla F\Vert$"), (right, "step")):
        place.set(xscale="log", yscale="log", xlabel=name)
    left.set_ylabel("$F - F^*$")
    legend_below(figure, 3, left, right)
    return figure
