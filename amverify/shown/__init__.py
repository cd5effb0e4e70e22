"""How a result shows itself: at a prompt, in a notebook, as a data frame.

Ground words: whatever is shown may use them. What a report needs from above (a page, a picture)
is told from above: ``amverify.report`` hands its renderers to ``register`` when it is imported, as
``audit`` and ``from_json`` do; nothing here knows them.
"""

from amverify.shown.curve import Curve
from amverify.shown.late import register, rendered
from amverify.shown.mathml import mathml
from amverify.shown.notebook import frame, parquet, table

__all__ = ["Curve", "frame", "mathml", "parquet", "register", "rendered", "table"]
