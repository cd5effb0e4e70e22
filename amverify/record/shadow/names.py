"""Operators that need no rule, or have none, by their names."""

from __future__ import annotations

CONSTANT = frozenset(
    ("ones_like", "zeros_like", "full_like", "new_ones", "new_zeros", "new_full", "rand_like",
     "randn_like", "randint_like", "bernoulli_", "uniform_", "normal_", "random_", "exponential_",
     "bernoulli")
)  # fmt: skip
"""Their results are exact as the run holds them, whatever they were given."""
BLANK = frozenset(("empty_like", "new_empty", "empty", "empty_strided", "new_empty_strided"))
VIEWS = frozenset(
    ("view", "_unsafe_view", "t", "transpose", "permute", "expand", "slice", "select", "unsqueeze",
     "squeeze", "detach", "alias", "as_strided", "unbind", "split", "split_with_sizes", "diagonal",
     "unfold", "lift_fresh", "_reshape_alias", "unsafe_split", "detach_", "t_", "unsqueeze_",
     "squeeze_", "transpose_")
)  # fmt: skip
REFUSED = frozenset(("set_", "resize_", "resize_as_", "swap_"))
"""They give a tensor other memory."""
INERT = frozenset(("is_pinned", "sym_size", "sym_stride", "sym_numel", "is_same_size"))
MISTAKEN = frozenset(("aten.multilabel_margin_loss_forward.default",))
"""torch 2.13 decomposes them into something else than they are."""
PLAIN = {"pow_.Scalar": "pow_.Tensor_Scalar", "pow_.Tensor": "pow_.Tensor_Tensor"}
"""Operators in place whose overload has another name where they are not."""
