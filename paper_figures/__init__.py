"""The figures: ``python -m paper_figures all|NAME``.

A figure is two functions in one file of ``figures``: ``data`` gets its numbers, from runs of
:mod:`repro.engine` (so a second call computes nothing) or from what a table of ``python -m repro``
wrote; ``draw`` makes a picture of them and of nothing else. The numbers lie beside the picture as
CSV and JSON, with where they come from.

| room | what is in it |
|---|---|
| ``data`` | columns of numbers, the runs that they come from, results that are kept |
| ``drawing`` | one style for all: widths, pens; files, always of the same bytes |
| ``figures`` | a figure a file, and which there are |
| ``command`` | the command line |
"""
