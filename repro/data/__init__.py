"""Data sets, verified and safely read.

>>> from repro import data
>>> data.load("synthetic_graph").train.x.shape
(100, 500)

Who does what: ``registry`` finds the reader of a name; ``files`` looks for its files in the
folder given, then the cache, then (``download``) upstream, and checks their hashes against
``upstream``; ``planetoid`` (by ``unpickle``) and ``gnn_benchmark`` read them into a checked
``graph``, which makes the features; ``idx`` (``keras`` from Keras' one file) and ``cifar`` read
images (``images``), CIFAR-10's from ``local`` folders alone; ``generated`` needs no files.
"""

from repro.data.dataset import Dataset, Split
from repro.data.registry import at_hand, load, names

__all__ = ["Dataset", "Split", "at_hand", "load", "names"]
