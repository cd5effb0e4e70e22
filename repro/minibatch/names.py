"""The methods of tables 7 and 8 by name."""

from __future__ import annotations

BASELINES = {
    "sgd": "SGD",
    "momentum": "SGD with momentum",
    "adagrad": "Adagrad",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "adam_cosine": "Adam, cosine decay",
    "sgd_hd": "SGD-HD",
}
RIVALS = {"prodigy": "Prodigy", "schedule_free_adamw": "Schedule-Free AdamW"}
PACKAGES = {"prodigy": "prodigyopt", "schedule_free_adamw": "schedulefree"}
"""By rival, its package as it is imported and installed."""
FIXED = "samt_fixed"
TRAINED = {
    "samt_scalar": "SAMT, scalar",
    "samt_row": "SAMT, row",
    "samt_column": "SAMT, column",
    "samt_element": "SAMT, element",
}
SAMT = {FIXED: "SAMT, fixed", **TRAINED}
LABELS = {**BASELINES, **RIVALS, **SAMT}
