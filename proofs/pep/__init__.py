r"""Performance estimation for T1 and T2: how far from the worst case are the bounds?

One step of a block with H convex and L-smooth (L = 1 by scaling), no g:

    û = u + p2Δ,   e = t(p1Δ − ∇H(û)/s),   u⁺ = u + e,        t = 1 + p3.

Its worst case over all such H is a semidefinite programme in the Gram matrix of (Δ, e, ∇H(u),
∇H(u⁺)) (Drori & Teboulle 2014; Taylor, Hendrickx & Glineur 2017): H enters only by the
interpolation inequalities between u, û and u⁺. A dual solution, rounded to rationals, is a
certificate that the kernel checks (``certificate.py``); functions that attain a value are exact
lower bounds (``attained.py``). ``region.py`` proves what the table suggested: a family of descent
inequalities of which T1 is one, and a region larger than T2's where p1 s < p2.

``python -m proofs.pep`` checks the stored table; ``python -m proofs.pep search`` makes it anew.
"""
