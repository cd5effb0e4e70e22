"""What an audit says, shown: on a console, as JSON, as JUnit XML, as SARIF and as one HTML page.

    Report ──┬─▶ render(report, console)        one line a theorem, a block where it does not hold
             ├─▶ to_json(report) ─▶ from_json   exact round trip
             ├─▶ to_junit(report)               for continuous integration
             ├─▶ to_sarif(report, file, line)   for code scanning
             ├─▶ to_html(report)                one file that opens offline
             └─▶ to_logger(logger, trace, report)   TensorBoard, W&B and their like

Each gives text; ``write`` puts a text on disk whole or not at all. Nothing here judges: the
verdicts come from :mod:`amverify.verdict`, and two reports that are equal give the same bytes.
"""

from amverify.files import write
from amverify.report.console import render
from amverify.report.figure import plot
from amverify.report.html import page, to_html
from amverify.report.jsonfile import from_json, to_json
from amverify.report.junit import to_junit
from amverify.report.loggers import to_logger
from amverify.report.sarif import to_sarif
from amverify.shown import register

__all__ = [
    "from_json",
    "page",
    "render",
    "to_html",
    "to_json",
    "to_junit",
    "to_logger",
    "to_sarif",
    "write",
]

register("page", page)
register("figure", plot)
