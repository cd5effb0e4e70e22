"""What compiled loops share: addresses as memory, and how freely sums may be ordered."""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic

ANY_ORDER = {"reassoc", "contract", "nsz"}
"""What LLVM may do: sum in any order and fuse products into sums; NaN and ∞ stay what they are.

Not where finiteness is asked for: numba asks whether x − x is 0, and that may then be folded.
"""


@intrinsic  # type: ignore[untyped-decorator]
def pointer(context: Any, address: Any) -> Any:
    """A number as an address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.int64), build
