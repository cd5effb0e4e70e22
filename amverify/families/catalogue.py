"""Every family by name, and the functions that name them in a program."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import partial
from typing import Any

from amverify import plugins
from amverify.errors import InvalidInput
from amverify.families.factors import Chain, PhaseRetrieval
from amverify.families.family import Family
from amverify.families.layered import BandEdge, LayeredReLU
from amverify.families.logistic import BilinearLogistic, LogisticRegression
from amverify.families.powers import DoubleWell, FlatValley, Power, ScalarProduct
from amverify.families.problem import Problem
from amverify.families.quadratic import Quadratic
from amverify.families.sparse import SparseLeastSquares
from amverify.families.sums import CyclicLinear, FiniteSum, SameBatch

_ALL = (
    Family("quadratic", "½(x − x*)ᵀQ(x − x*) + f*, Q ≻ 0 of known spectrum", Quadratic),
    Family("quadratic_box", "the same with a box around the start", partial(Quadratic, boxed=True)),
    Family("least_squares", "the same with Q ⪰ 0 singular", partial(Quadratic, kind="deficient")),
    Family("nonconvex_quadratic", "Q indefinite, in a box", partial(Quadratic, kind="saddle")),
    Family("power", "Σ a_i|x_i|^p/p, p = 2, 4 or 6", Power),
    Family("mixed_power", "Σ a_i|x_i|^p_i/p_i, p_i of 2, 4, 6", partial(Power, mixed=True)),
    Family("flat_valley", "x⁴ + y²", FlatValley),
    Family("double_well", "Σ(x_i² − 1)²", DoubleWell),
    Family("scalar_product", "(w₁⋯w_L − 1)²", ScalarProduct),
    Family("sparse_l1", "½‖Ax − b‖² + λ‖x‖₁", SparseLeastSquares),
    Family("sparse_l0", "½‖Ax − b‖² + λ‖x‖₀", partial(SparseLeastSquares, penalty="l0")),
    Family("sparse_mcp", "½‖Ax − b‖² + MCP", partial(SparseLeastSquares, penalty="mcp")),
    Family("sparse_scad", "½‖Ax − b‖² + SCAD", partial(SparseLeastSquares, penalty="scad")),
    Family("factorisation", "½‖M − W₂W₁‖², M a product", Chain),
    Family("dictionary", "the same with |W₂| ≤ 1", partial(Chain, kind="dictionary")),
    Family("deep_linear", "½‖Y − W₃W₂W₁X‖², Y planted", partial(Chain, kind="deep_linear")),
    Family("phase", "¼Σ((a_iᵀx)² − b_i)², b_i measured without noise", PhaseRetrieval),
    Family("logistic", "(1/N)Σ log(1 + exp(−y_i a_iᵀw)) + (λ/2)‖w‖²", LogisticRegression),
    Family("bilinear_logistic", "Σ log(1 + exp(−y_i uᵀA_i v))", BilinearLogistic),
    Family("layered_penalty", "two ReLU layers, coupled by a penalty", LayeredReLU),
    Family("layered_band", "two ReLU layers, in a band", partial(LayeredReLU, coupling="band")),
    Family("band_edge", "a linear net at the edge of its band: T4's counterexample", BandEdge),
    Family("finite_sum", "(1/4)Σ½(a_nᵀw − b_n)², in two blocks", FiniteSum),
    Family("finite_sum_3", "the same in three blocks", partial(FiniteSum, parts=3)),
    Family("cyclic_linear", "cx, −x, −x in turn on [−1, 1] (Reddi et al., 2018)", CyclicLinear),
    Family("same_batch", "½(w + s_n)², s = 2, 2, 2, −5: S6's example", SameBatch),
)
FAMILIES: Mapping[str, Family] = {family.name: family for family in _ALL}


def family(name: str) -> Family:
    """A family by its name: one of ours, or of a package with entry points (``plugins``).

    Raises:
        InvalidInput: for an unknown one, with all that there are; for a plugin that is broken.
    """
    if name not in FAMILIES:
        found = plugins.asked(plugins.FAMILIES, name, Family, "name")
        if isinstance(found, Family):
            return found
        near = difflib.get_close_matches(name, FAMILIES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise InvalidInput(f"family {name!r}: not one of {', '.join(FAMILIES)}{hint}")
    return FAMILIES[name]


def draw(name: str, seed: int) -> Problem:
    """An instance of a family.

    Raises:
        InvalidInput: for an unknown family, or a seed that is not an integer ≥ 0.
    """
    return family(name).draw(seed)


def rebuild(spec: Mapping[str, Any]) -> Problem:
    """The problem of a ``spec()``.

    Raises:
        InvalidInput: if the specification lacks its family, or a seed and choices.
    """
    if "family" not in spec:
        raise InvalidInput("problem: 'family' is missing")
    if "choices" in spec:
        choices = spec["choices"]
        if not isinstance(choices, list) or not all(type(x) is int for x in choices):
            raise InvalidInput("problem: 'choices' is to be a list of integers")
        return family(spec["family"]).rebuilt(choices)
    if "seed" not in spec:
        raise InvalidInput("problem: 'seed' is missing")
    return draw(spec["family"], spec["seed"])


def _of(kinds: Mapping[str, str], argument: str, kind: str) -> Family:
    if kind not in kinds:
        raise InvalidInput(f"{argument}={kind!r}: not one of {', '.join(kinds)}")
    return FAMILIES[kinds[kind]]


def quadratics(kind: str = "strong", box: bool = False) -> Family:
    """Quadratics of known spectrum: L, and without a box μ, f*, x*, θ = ½ and c.

        for seed in range(3):
            problem = quadratics().draw(seed)
            print(problem.constants.L, problem.constants.mu)

    Args:
        kind: ``strong`` (μ > 0), ``deficient`` (some eigenvalues 0) or ``saddle`` (in a box).
        box: with a box around the start; of ``strong`` ones.

    Raises:
        InvalidInput: for another kind, or ``deficient`` ones in a box.
    """
    kinds = {
        "strong": "quadratic_box" if box else "quadratic",
        "deficient": "least_squares",
        "saddle": "nonconvex_quadratic",
    }
    if box and kind == "deficient":
        raise InvalidInput("quadratics: deficient ones come without a box; take kind='strong'")
    return _of(kinds, "kind", kind)


def powers(mixed: bool = False) -> Family:
    """Σ a_i|x_i|^p/p with one even p or several: L on |x_i| ≤ 1, f* = 0, x* = 0, θ = 1 − 1/p, c.

    powers().draw(seed=0).constants.theta
    """
    return FAMILIES["mixed_power" if mixed else "power"]


def sparse_least_squares(penalty: str = "l1") -> Family:
    """½‖Ax − b‖² + a penalty: L of the smooth part; with ℓ1 also f*, x* and θ = ½, exactly.

        problem = sparse_least_squares("l0").draw(seed=0)
        problem.prox(problem.x0, 0.5)

    Args:
        penalty: ``l1``, ``l0``, ``mcp`` or ``scad``.

    Raises:
        InvalidInput: for another one.
    """
    kinds = {name: f"sparse_{name}" for name in ("l1", "l0", "mcp", "scad")}
    return _of(kinds, "penalty", penalty)


def factorisations() -> Family:
    """½‖M − W₂W₁‖², M planted, two blocks: f* = 0, x*, and θ = ½ with c where W₁ is regular.

    factorisations().draw(seed=0).blocks
    """
    return FAMILIES["factorisation"]


def dictionaries() -> Family:
    """½‖M − W₂W₁‖² with the box |W₂| ≤ 1: f* = 0 and x*.

    dictionaries().draw(seed=0).box
    """
    return FAMILIES["dictionary"]


def deep_linear() -> Family:
    """½‖Y − W₃W₂W₁X‖², Y planted, three blocks: f* = 0 and x*.

    deep_linear().draw(seed=0).shapes
    """
    return FAMILIES["deep_linear"]


def phase_retrieval() -> Family:
    """¼Σ((a_iᵀx)² − b_i)²: L on |x_i| ≤ 8, f* = 0 and x*.

    phase_retrieval().draw(seed=0).constants.radius
    """
    return FAMILIES["phase"]


def logistic(bilinear: bool = False) -> Family:
    """Ridge logistic regression: L and μ; or a bilinear one in two blocks, each convex.

    logistic().draw(seed=0).constants.mu
    """
    return FAMILIES["bilinear_logistic" if bilinear else "logistic"]


def layered_relu(coupling: str = "penalty") -> Family:
    """Two ReLU layers of the specification's objective; ``problem.layered`` is for our methods.

        layered_relu("band").draw(seed=0).layered

    Args:
        coupling: ``penalty`` or ``band``. Of both no constant is known.

    Raises:
        InvalidInput: for another one.
    """
    kinds = {name: f"layered_{name}" for name in ("penalty", "band")}
    return _of(kinds, "coupling", coupling)


def finite_sums(blocks: int = 2) -> Family:
    """(1/4)Σ½(a_nᵀw − b_n)² in blocks: L, and L̄ = ``sample_modulus``; expectations enumerate.

        problem = finite_sums().draw(seed=0)
        problem.expectation(lambda batch: problem.batch_gradient([0] * problem.dimension, batch)[0])

    Args:
        blocks: 2 or 3.

    Raises:
        InvalidInput: for another number.
    """
    kinds = {"2": "finite_sum", "3": "finite_sum_3"}
    return _of(kinds, "blocks", str(blocks))
