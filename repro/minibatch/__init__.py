"""Training with mini-batches: networks, the loop, SGD-type methods, and how they are tuned.

Tables 7 and 8 are made of these runs. ``networks`` builds the MLP and the small CNN, ``run``
carries out epochs and counts, ``optimisers`` makes a method from its name and settings,
``sgd_hd`` is SGD-HD, ``tuning`` chooses initial step sizes on a validation split.
"""
