r"""What the theorems on TIAM under a penalty see of a run: W_l, b_l, z_l and a_l side by side.

``norm`` is an upper bound of ‖u^{k+1}‖², above it by the rounding of a sum of squares at most.
"""

from __future__ import annotations

import numpy as np

from amverify.numbers.balls import Ball
from amverify.numbers.roundoff import gamma
from amverify.theorems.base import Context, Instances, Missing
from amverify.theorems.views.columns import fact, unit
from amverify.theorems.views.lyapunov import moving
from amverify.theorems.views.reach import Rows, instances
from amverify.theorems.views.settings import in_moduli, widths


def _penalised(ctx: Context) -> tuple[bool | None, str]:
    if not in_moduli(ctx):
        return False, "no run of TIAM under a penalty"
    return moving(ctx)


PENALISED = fact(
    "a penalty", "a run of TIAM under (ν/2)‖a_l − h(z_l)‖², each block in a modulus of its own",
    _penalised,
)  # fmt: skip


def of_kind(ctx: Context, kind: bytes, hidden: bool | None = None) -> Rows:
    """Rows of a kind of block, by replicate, sweep and layer; ``hidden``: of l < L, or of L alone.

    Raises:
        Missing: of a run without a penalty, or of another method.
    """
    if not in_moduli(ctx):
        raise Missing(
            "a run of TIAM under a penalty", "amverify.traced(TIAM(…), problem, …)", "layered"
        )
    rows = ctx.column("blocks", "kind") == kind
    if hidden is not None:
        rows = rows & ((ctx.column("blocks", "layer") < int(ctx.setting("layers"))) == hidden)
    keys = [ctx.column("blocks", n) for n in ("layer", "sweep", "replicate")]
    order = np.lexsort(keys)
    found: Rows = order[rows[order]]
    return found


def beside(ctx: Context, rows: Rows, kind: bytes, beyond: int = 0) -> Rows:
    """For each row that of another kind in its sweep and replicate, ``beyond`` layers further.

    Raises:
        Missing: if there is none.
    """
    other = of_kind(ctx, kind)
    keys = [ctx.column("blocks", n) for n in ("sweep", "replicate", "layer")]
    place = dict(zip(zip(*(key[other].tolist() for key in keys), strict=True), other.tolist(),
                     strict=True))  # fmt: skip
    sweep, who, layer = (key[rows].tolist() for key in keys)
    wanted = zip(sweep, who, [x + beyond for x in layer], strict=True)
    found = [place.get(key, -1) for key in wanted]
    if -1 in found:
        raise Missing(
            f"a row of {kind.decode()} in each layer of every sweep",
            "amverify.traced(TIAM(…), problem, …)",
            "layered",
        )
    return np.array(found, dtype=np.int64)


def size(ctx: Context, rows: Rows) -> Ball:
    """‖u^{k+1}‖ of these rows."""
    widest = max(widths(ctx))
    count = max(widest, int(ctx.setting("samples"))) * widest + 16
    most = ctx.column("blocks", "norm")[rows]
    return Ball.of(most, 2 * gamma(count, unit(ctx)) * most).sqrt()


def weights(ctx: Context) -> Instances:
    """‖W_l‖ and ‖b_l‖ after every sweep."""
    rows = of_kind(ctx, b"W")
    values = {"w": size(ctx, rows), "b": size(ctx, beside(ctx, rows, b"b"))}
    return instances(ctx, rows, values)


def outputs(ctx: Context) -> Instances:
    """‖z_l‖ after every sweep."""
    rows = of_kind(ctx, b"z")
    return instances(ctx, rows, {"z": size(ctx, rows)})


def activations(ctx: Context) -> Instances:
    """‖a_l‖, l < L, after every sweep."""
    rows = of_kind(ctx, b"a")
    return instances(ctx, rows, {"an": size(ctx, rows)})
