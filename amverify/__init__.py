"""amverify: convergence claims of alternating-minimisation training, checked on runs.

``amverify.network`` is the ground (the layered objective and its blocks) and
``amverify.methods`` holds the methods. Methods and theorems never import each other: they
meet in a trace.
"""

__version__ = "0.1.0"
