"""The page of each audited run: what a table of verdicts leaves beside its files."""

from __future__ import annotations

from collections.abc import Mapping

from amverify.report import from_json, to_html
from repro.engine import FinishedRun, configuration_hash
from repro.spec import RunSpec

FOLDER = "audits"


def pages(runs: Mapping[RunSpec, FinishedRun]) -> dict[str, str]:
    """By name inside the results, the pages of all runs that were audited."""
    return {
        f"{FOLDER}/{page_name(spec)}": page_of(run) for spec, run in runs.items() if spec.claims
    }


def page_name(spec: RunSpec) -> str:
    """Of whom it is, the configuration's hash, the seed."""
    return f"{spec.method}-{spec.dataset}-{configuration_hash(spec)}-seed{spec.seed}.html"


def page_of(run: FinishedRun, proofs: Mapping[str, str] | None = None) -> str:
    """The page of a run's audit; ``proofs`` has by theorem where its proof is shown.

    Raises:
        CorruptFile: for a report that this version cannot read.
    """
    return to_html(from_json(run.result.report), dict(_made(run.provenance)), proofs)


def _made(provenance: Mapping[str, object]) -> dict[str, str]:
    """Version, commit and date of the run, which was audited as it ended."""
    versions, commit = provenance.get("versions"), provenance.get("commit")
    found = {"amverify": str(versions["amverify"])} if isinstance(versions, Mapping) else {}
    if commit:
        found["commit"] = str(commit)[:12] + " with changes" * bool(provenance.get("dirty"))
    begun = str(provenance.get("started", "not known"))
    return found | {"date": begun.replace("T", " ").replace("+00:00", " UTC")}
