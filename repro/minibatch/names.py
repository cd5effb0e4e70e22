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
FIXED = "samt_fixed"
TRAINED = {
    "samt_scalar": "SAMT, scalar",
    "samt_row": "SAMT, row",
    "samt_column": "SAMT, column",
    "samt_element": "SAMT, element",
}
SAMT = {FIXED: "SAMT, fixed", **TRAINED}
LABELS = {**BASELINES, **SAMT}
