"""Claims as text: a line such as ``value[k] <= value[k-1] - a*step2[k]`` becomes a theorem object.

The text is read by a small grammar (``grammar``) and never evaluated as code; its quantities are
columns of the run's trace, those that a recorder tracks included (``quantities``); each claim is
bound to a run by one view (``view``) and judged like any other theorem.
"""

from amverify.claims.statement import claim, is_written, within

__all__ = ["claim", "is_written", "within"]
