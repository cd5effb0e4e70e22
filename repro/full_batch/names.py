"""The full-batch methods by name, as a run's specification has them."""

from __future__ import annotations

GRADIENT_METHODS = ("gd", "adagrad", "adadelta", "rmsprop", "adam")
ALTERNATING = ("dladmm", "bcd", "mdlam", "mdlam_released", "tiam", "joint_tiam")
KNOWN_METHODS = (*GRADIENT_METHODS, *ALTERNATING)
