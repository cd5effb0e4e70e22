"""The record as a static site: ``python -m repro report``.

    results/*.json ─┐
    results/figures ┼─▶ gathered ─▶ pages (tables, runs, audits, score, theorems, …) ─▶ one folder
    the runs' cache ┘

Nothing is computed: a page shows what lies in the results' folder and in the cache of finished
runs, and says of what does not which command makes it. Every page needs itself alone (no script,
no font, nothing from a network); every table, row, cell and verdict has an anchor that stays the
same when the table is made again.
"""

from repro.site.build import Site, built
from repro.site.gathered import Gathered, gathered
from repro.site.placed import placed

__all__ = ["Gathered", "Site", "built", "gathered", "placed"]
