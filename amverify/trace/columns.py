"""What every column of a trace is: its name, its meaning, its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from amverify.errors import InvalidInput, brief

Column = NDArray[Any]
Table = Mapping[str, Column]
TYPES = ("<i8", "<f8", "|S4", "|S10")
"""What a column may hold, as numpy writes it."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


KEYS = {
    "blocks": ("sweep", "replicate", "kind", "layer"),
    "sweeps": ("sweep", "replicate"),
    "measures": ("sweep", "replicate"),
    "replays": ("sweep", "replicate", "kind", "layer"),
}
"""The columns that say where a row belongs; every table has them."""


RENAMED = {"step2": "step", "grad2": "gradient", "norm2": "norm"}
"""Columns of the sweeps table that claims call otherwise: the claim's name, the column's."""


def spoken(column: str) -> str:
    """A column by the name that claims have for it."""
    return next((name for name, own in RENAMED.items() if own == column), column)


COLUMNS: dict[str, dict[str, str]] = {
    "blocks": {
        "update": "gradient (T1), proximal (T1p), metric (TM, TH), joint (TJ) or other",
        "change": "ΔF of this update, by the difference form or from two values",
        "value": "F after this update",
        "before": "F before it",
        "gradient": "‖∇f‖² after it",
        "execution": "what rounding of the step itself can add to ΔF",
        "step": "‖e‖², e = u^{k+1} − u^k",
        "cross": "⟨Δ, e⟩, Δ = u^k − u^{k−1}",
        "inertia": "‖Δ‖²",
        "bend": "⟨d, ∇²H d⟩, d = e − p2Δ",
        "rise": "H(u^{k+1}) − H(u^k) − ⟨∇H(u^k), e⟩",
        "turn": "⟨∇H(û) − ∇H(u^k), e⟩, û = u^k + p2Δ",
        "norm": "‖u^{k+1}‖²",
        "modulus": "L, the block's modulus",
        "s": "step scale",
        "t": "1 + p3",
        "p1": "inertia of the proximal centre",
        "p2": "inertia of the gradient's point",
        "delta": "δ^k, the Lyapunov weight that the block carries",
        "delta_next": "δ^{k+1}",
        "gamma": "γ of T1p; 0 elsewhere",
        "backtracks": "doublings of L, by the replicate that needed most",
        "metric_step": "‖e‖²_M, M the metric of this step",
        "metric_cross": "⟨Δ, e⟩_M",
        "metric_inertia": "‖Δ‖²_M",
        "metric_before": "‖Δ‖² in the metric of the step that made it",
        "hessian_step": "⟨e, ∇²H e⟩",
        "hessian_cross": "⟨Δ, ∇²H e⟩",
        "model_gap": "by how much the step's own model falls, m(u^k) − m(u⁺)",
        "second_step": "‖e‖² of the block's second part: b of [W, b], a of (z, a)",
        "second_inertia": "‖Δ‖² of the second part",
        "second_norm": "‖u^{k+1}‖² of the second part",
        "residual": "‖w‖² of the first part, w ∈ ∂F(x^k) (TR)",
        "second_residual": "‖w‖² of the second part",
        "floor": "λ, M ⪰ λI",
        "ceiling": "Λ, M ⪯ ΛI",
        "weighted": "Σ_j e_j²/α_j, for step sizes α_j",
        "slope": "⟨∇_if, e⟩ at the point where the block was updated",
        "momentum": "β of this update, where it is e = −D∇_if + βΔ",
        "inverse": "Σ_j Δ_j²/α_j, with this update's step sizes",
        "carried": "Σ_j δ_jΔ_j², the Lyapunov weights that the block carries",
        "left": "Σ_j δ_j e_j², the weights that it leaves",
        "alpha_low": "the smallest step size of this update",
        "alpha_high": "the largest",
        "pull": "Σ_j α_j(∇_if)_j²",
        "square": "Σ_j α_j²(∇_if)_j²",
        "noise": "Σ_j α_j²σ_ij², σ_ij² the variance of the batch gradient's coordinate j",
        "variance": "Σ_j σ_ij²",
        "expected_change": "E f(v_i − U_iD_ig_i) − f(v_i) over the batch, by enumeration",
        "bias": "‖E[g_i − ∇_if(v_i)]‖ with one batch for the sweep, by enumeration",
        "earlier": "Σ_{j<i} E‖g_j‖ of the blocks updated before in the sweep",
        "predictable_change": "S6: E f's change with α_max fixed before the sample is drawn",
        "hyper_bad": "1 where the hypergradient was not finite, else 0",
        "alpha_change": "the largest change of a step size by the meta-step that followed",
    },
    "sweeps": {
        "value": "F after the sweep",
        "lyapunov": "Ψ after the sweep",
        "change": "F^k − F^{k−1}, by difference forms",
        "lyapunov_change": "Ψ^k − Ψ^{k−1}, by difference forms",
        "execution": "what rounding of the step itself can add to F^k",
        "step": "‖x^k − x^{k−1}‖²",
        "cross": "⟨x^{k−1} − x^{k−2}, x^k − x^{k−1}⟩",
        "inertia": "‖x^{k−1} − x^{k−2}‖²",
        "norm": "‖x^k‖²",
        "outside": "‖y^k‖², where steps are made at y^k and rows are other points",
        "gradient": "‖∇f(x^k)‖²",
        "slope": "⟨∇f(x^{k−1}), x^k − x^{k−1}⟩",
        "departure": "‖e + η∇f(x^{k−1}) − βΔ‖, what the step is off the declared formula; its "
        "error bound covers the rounding of the step itself",
        "used_error": "a bound on the error of the gradient that the step used, in norm",
        "eta": "the step size η used in this sweep",
        "alpha_min": "the smallest step size used",
        "alpha_max": "the largest",
        "momentum": "β used in this sweep",
        "eps": "ε of the band in this sweep",
        "rho": "ρ in this sweep",
        "residual": "dist(0, ∂Ψ(x^k)), where it is not √gradient; or ‖w‖, w ∈ ∂Ψ(x^k)",
        "joint_residual": "‖w^k‖², w^k ∈ ∂F(x^k) (TR), over all blocks; unknown at the start",
        "expected_change": "E f(w^k) − f(w^{k−1}) given w^{k−1}, by enumeration",
        "ahead_change": "E f(z⁺) − f(z), z = w + βΔ/(1−β), by enumeration",
        "displacement": "‖Δ‖² that the sweep extrapolates along, Δ = w^{k−1} − w^{k−2}",
        "displacement_next": "E‖Δ⁺‖², by enumeration",
        "pull": "Σ_j α_j(∂_jf(y))², y where the sweep's gradients begin",
        "noise": "Σ_j α_j²σ_j², σ_j² the variance of ∂_jℓ(y;ξ)",
        "mean_slope": "E‖∇f(y)‖² in this sweep, over all batches before",
        "mean_spread": "EΣ_j σ_j² in this sweep, over all batches before",
        "past_alpha_min": "the smallest step size of this sweep, whatever the batches before",
        "past_alpha_max": "the largest",
        "looked": "1 where the sweep's step sizes and moments were recorded, replayed or not",
        "second_moment": "max_i of E‖∇_iℓ(v_i;ξ)‖² and E‖∇_iℓ(w^{k−1};ξ)‖²; of a replayed sweep "
        "its error spans what is not known of the v_i",
        "mean_value": "E f(w^k) over all batches so far",
        "mean_gradient": "E‖∇f(w^k)‖² over all batches so far",
        "mean_slopes": "E Σ_i ‖∇_if(v_i)‖² in this sweep, over all batches so far",
        "mean_noise": "Σ_i L_i E σ_i² in this sweep, over all batches so far",
        "mean_moment": "``second_moment``, over all batches so far",
    },
    "measures": {
        "residual_block": "norm of the block-wise residual",
        "residual_joint": "norm of the joint residual (C1)",
        "weight_gradient": "‖∇_W F‖ over all layers",
        "gap": "Σ_l ‖a_l − h(z_l)‖²",
        "active": "share of coordinates at which a side of the band is active",
        "infeasible": "largest violation of the present band",
        "curvature": "least curvature of F seen along the path",
        "train_accuracy": "share of training samples predicted rightly",
        "test_accuracy": "share of test samples predicted rightly",
    },
    "replays": {
        "draw": "0, 1, 2, … in the order of drawing",
        "change": "f(w⁺) − f(w) of this draw, f the full objective; f(z⁺) − f(z) for S8",
        "low": "a lower bound of ``change`` that was known before the draw",
        "high": "an upper bound",
        "displacement": "‖w⁺ − w‖² of this draw",
        "displacement_high": "an upper bound of it that was known before the draw",
    },
}
"""Every column that the project's theorems read, and what it holds."""


def check_once(sweeps: Table) -> None:
    """Refuse two rows of one sweep of one replicate: which of them is it?

    Raises:
        InvalidInput: naming the sweep and the rows.
    """
    if not sweeps or len(sweeps["sweep"]) < 2:
        return
    sweep, replicate = sweeps["sweep"], sweeps["replicate"]
    if bool(np.all((sweep[1:] > sweep[:-1]) & (replicate[1:] == replicate[:-1]))):
        return
    order = np.lexsort((sweep, replicate))
    same = (sweep[order][1:] == sweep[order][:-1]) & (replicate[order][1:] == replicate[order][:-1])
    if same.any():
        one, other = sorted(order[np.argmax(same) :][:2].tolist())
        raise InvalidInput(
            f"trace, sweeps: rows {one} and {other} are both of sweep {sweep[one]}, "
            f"replicate {replicate[one]}"
        )


def check(name: str, table: Table) -> None:
    """Refuse a table whose columns have other lengths, types or values than a trace admits.

    Raises:
        InvalidInput: naming the column, and the row where a value is not finite.
    """
    if not table:
        return
    for column, values in table.items():
        if not isinstance(values, np.ndarray) or not values.ndim:
            raise InvalidInput(f"trace, {name}.{column}: expected an array, got {brief(values)}")
    lengths = {column: len(values) for column, values in table.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidInput(f"trace, {name}: columns of different lengths: {lengths}")
    for key in KEYS[name]:
        if key not in table:
            raise InvalidInput(f"trace, {name}: column {key!r} is missing")
    for column, values in table.items():
        if not _NAME.fullmatch(column):
            raise InvalidInput(f"trace, {name}: {brief(column)} is not a column name")
        if values.ndim != 1 or values.dtype.str not in TYPES:
            raise InvalidInput(
                f"trace, {name}.{column}: expected one dimension of int64, float64 or short "
                f"bytes, got {values.ndim} of {values.dtype}"
            )
        if (column in ("kind", "update")) != (values.dtype.kind == "S"):
            raise InvalidInput(f"trace, {name}.{column}: wrong type {values.dtype}")
        if values.dtype.kind == "S" and not _ascii(values):
            raise InvalidInput(f"trace, {name}.{column}: a name that is not of ASCII letters")
        strange = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(1, dtype=bool)
        if column.endswith(("execution", "_error")):
            strange &= values != np.inf
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            where = ", ".join(f"{key} {_plain(table[key][row])}" for key in KEYS[name])
            raise InvalidInput(f"trace, {name}.{column}: {values[row]} in row {row} ({where})")


def _ascii(names: Column) -> bool:
    return not names.size or int(np.ascontiguousarray(names).view(np.uint8).max()) < 128


def _plain(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
