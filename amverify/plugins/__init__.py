"""What other packages add: theorems, families and methods, by entry points.

    [project.entry-points."amverify.theorems"]
    X1 = "their_package.theorems:X1"

A plugin is imported when its name is asked for that none of ours has, or when all are listed; a
start of anything imports none. One that is broken is told in a line with its name and the package
that it belongs to, and stands in the way of nothing else. Our own names come first.
"""

from amverify.plugins.points import FAMILIES, METHODS, THEOREMS, asked, everything, names

__all__ = ["FAMILIES", "METHODS", "THEOREMS", "asked", "everything", "names"]
