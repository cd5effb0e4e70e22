"""The loop of :mod:`amverify.methods.fused`, compiled by numba; importing this needs numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import carray, njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

ANY_ORDER = {"reassoc", "contract", "nsz"}
"""What LLVM may do: sum in any order and fuse products into sums; NaN and ∞ stay what they are."""


@intrinsic  # type: ignore[untyped-decorator]
def _pointer(context: Any, address: Any) -> Any:
    """A number as an address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), build


@njit(fastmath=ANY_ORDER, nogil=True, cache=True)  # type: ignore[untyped-decorator]
def sums(
    like: NDArray[Any],
    addresses: NDArray[np.int64],
    sizes: NDArray[np.int64],
    factors: NDArray[np.float64],
) -> NDArray[np.float64]:
    """‖x‖², ⟨x, y⟩, ⟨x, z⟩, ‖z‖², ‖v‖², ‖x − cy‖² in float64, (K, 6).

    Args:
        like: any array of the entries' format.
        addresses: of x, y, z, v, contiguous, (K, 4). The caller keeps them alive.
        sizes: how many entries each of the four has, (K,).
        factors: c, (K,).
    """
    found = np.empty((sizes.size, 6))
    for k in range(sizes.size):
        n, c = sizes[k], factors[k]
        x = carray(_pointer(addresses[k, 0]), n, like.dtype)
        y = carray(_pointer(addresses[k, 1]), n, like.dtype)
        z = carray(_pointer(addresses[k, 2]), n, like.dtype)
        v = carray(_pointer(addresses[k, 3]), n, like.dtype)
        xx = xy = xz = zz = vv = turned = 0.0
        for i in range(n):
            a, b = np.float64(x[i]), np.float64(y[i])
            d, e = np.float64(z[i]), np.float64(v[i])
            t = a - c * b
            xx += a * a
            xy += a * b
            xz += a * d
            zz += d * d
            vv += e * e
            turned += t * t
        found[k, :] = (xx, xy, xz, zz, vv, turned)
    return found
