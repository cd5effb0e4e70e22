r"""Names of ATen operations that share a rule."""

from __future__ import annotations

_MOVED = """
view reshape _unsafe_view _reshape_alias permute transpose t numpy_T mT movedim moveaxis
swapaxes swapdims squeeze unsqueeze expand expand_as broadcast_to broadcast_tensors repeat
tile flatten unflatten ravel cat concat concatenate stack hstack vstack dstack split
split_with_sizes chunk unbind tensor_split select slice narrow flip fliplr flipud roll rot90
clone contiguous alias detach lift lift_fresh lift_fresh_copy view_as diagonal unfold
select_scatter slice_scatter diagonal_scatter select_copy view_copy atleast_1d atleast_2d
meshgrid pixel_shuffle pixel_unshuffle channel_shuffle upsample_nearest1d upsample_nearest2d
upsample_nearest3d _upsample_nearest_exact2d reflection_pad1d reflection_pad2d
reflection_pad3d replication_pad1d
replication_pad2d replication_pad3d nan_to_num copy real positive as_strided conj resolve_conj
resolve_neg combinations tensor identity pin_memory squeeze_copy unsqueeze_copy
expand_copy permute_copy
"""
MOVED = tuple(_MOVED.split())
"""Entries are moved or repeated."""
MIXED = ("mean", "nanmean", "upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")
"""Entries are mixed convexly."""
_PADDED = """
tril triu diag diag_embed im2col block_diag
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d
_adaptive_avg_pool3d max_unpool2d
"""
PADDED = tuple(_PADDED.split())
"""The same, with zeros among them."""
_ORDERED = """
max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices
max_pool1d_with_indices adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax amin
max min aminmax sort topk median nanmedian kthvalue cummax cummin msort
fractional_max_pool2d
"""
ORDERED = tuple(_ORDERED.split())
"""Order statistics."""
_BILINEAR = """
mm bmm matmul dot vdot mv inner outer ger kron einsum tensordot chain_matmul linalg_multi_dot
cross linalg_cross linalg_vecdot
"""
BILINEAR = tuple(_BILINEAR.split())
"""Sums of products."""
_AFFINE = """
addmm addbmm baddbmm addmv addr
"""
AFFINE = tuple(_AFFINE.split())
"""A tensor plus sums of products."""
_OF_MASKS = """
softmax _softmax log_softmax _log_softmax logsumexp exp add sub where masked_fill cat stack
amax max maximum scaled_dot_product_attention view reshape expand unsqueeze squeeze permute
transpose clone to _to_copy slice select triu tril detach lift_fresh_copy full zeros index
repeat copy fill full_like new_full alias contiguous expand_as
"""
OF_MASKS = frozenset(_OF_MASKS.split())
"""Operations that take −∞, a mask's entries."""
_INTO_WHOLE = """
gt lt ne ge le eq isclose greater less greater_equal less_equal logical_and logical_or logical_not
logical_xor argmax argmin argsort searchsorted bucketize count_nonzero one_hot to _to_copy type_as
long int bool
"""
INTO_WHOLE = frozenset(_INTO_WHOLE.split())
"""Operations that make integers or truth values of real numbers, by rules that know it."""
