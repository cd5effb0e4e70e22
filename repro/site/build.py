"""Every page of the site, one after the other: path inside → content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined

from amverify import __version__
from amverify.report.words import MARKS, clean
from repro.names import CONTENTS
from repro.site import described, scored, theorems
from repro.site.audits import audit_pages
from repro.site.gathered import Gathered
from repro.site.pictures import pictures
from repro.site.runs import Configuration, Run, configurations, finished
from repro.site.tables import Place, Shown, TableView, shown
from repro.tables.parts.verdicts import SYMBOL

Files = Iterator[tuple[str, str | bytes]]
NAVIGATION = (
    ("index.html", "Overview"),
    ("score.html", "Score"),
    ("index.html#tables", "Tables"),
    ("figures.html", "Figures"),
    ("theorems.html", "Theorems"),
    ("provenance.html", "Provenance"),
)
GALLERY = "known claims, true and false, about 20 methods"
SUFFIXES = ("svg", "pdf", "png", "csv", "json")


@dataclass
class Site:
    """What the pages have in common; ``say`` gets a line for what could not be read."""

    found: Gathered
    configurations: Mapping[str, Configuration]
    shown: Mapping[str, Shown]
    say: Callable[[str], None]

    @property
    def places(self) -> dict[str, Place]:
        """By key of a published cell, where the verdict of most seeds stands."""
        every: dict[str, tuple[int, Place]] = {}
        for own in self.shown.values():
            for key, verdict in own.published.items():
                if key not in every or verdict[0] > every[key][0]:
                    every[key] = verdict
        return {key: place for key, (_, place) in every.items()}

    def standing(self, configuration: str) -> list[Place]:
        """The rows that speak of a configuration."""
        rows = [own.configurations.get(configuration, ()) for own in self.shown.values()]
        return [place for some in rows for place in some]

    def judged(self) -> dict[str, list[tuple[Place, str]]]:
        """By theorem, in capitals, the verdicts on it and where they stand."""
        every: dict[str, list[tuple[Place, str]]] = {}
        for own in self.shown.values():
            for name, verdicts in own.theorems.items():
                every.setdefault(name.upper(), []).extend(verdicts)
        return every

    def page(self, path: str, template: str, **given: Any) -> tuple[str, str]:
        """A page of this template."""
        root = "../" * path.count("/")
        common = {"navigation": NAVIGATION, "root": root, "page": path, "footer": FOOTER}
        return path, _environment().get_template(template).render(**common, **given)


FOOTER = f"amverify {__version__}: python -m repro report. Nothing on this page needs a network."


def built(found: Gathered, say: Callable[[str], None]) -> Files:
    """All files of the site; nothing is computed, and what is missing is said."""
    known = configurations(found, say)
    pages = frozenset(f"gallery/{page.name}" for page in found.pages("gallery"))
    views = {name: shown(document, known, pages) for name, document in found.documents.items()}
    site = Site(found, known, views, say)
    papers = scored.scored(found, site.places)
    proved = theorems.pages(site.judged())
    yield _index(site, papers, proved)
    yield _score(site, papers)
    for name in found.documents:
        yield _table(site, name)
    yield from _figures(site)
    yield from _theorems(site, proved)
    yield _provenance(site)
    for configuration in known.values():
        yield from _runs(site, configuration)
    for page in found.pages("gallery"):
        yield f"gallery/{page.name}", page.read_bytes()


def _index(
    site: Site, papers: tuple[scored.ScoredPaper, ...], proved: list[theorems.TheoremPage]
) -> tuple[str, str]:
    reproduced, total = scored.totals(papers)
    return site.page(
        "index.html",
        "index.html.j2",
        papers=papers,
        reproduced=reproduced,
        total=total,
        tables=[_entry(site, name) for name in site.found.documents],
        missing=site.found.missing,
        figures=_plates(site),
        **_proofs(proved),
    )


def _proofs(proved: list[theorems.TheoremPage]) -> dict[str, int]:
    standing = [own.standing for own in proved]
    return {
        "theorems": len(proved),
        "proved": sum("proved" in own for own in standing),
        "kernel": sum("kernel" in own for own in standing),
    }


def _entry(site: Site, name: str) -> dict[str, Any]:
    """A line of the overview: a table, and its verdicts."""
    verdicts = _verdicts(site.shown[name].tables)
    counted = [
        (said, v.value, MARKS[v], n) for v, said in SYMBOL.items() if (n := verdicts[v.value])
    ]
    other = name in site.found.other
    return {"name": name, "about": _about(name), "verdicts": counted, "other": other}


def _verdicts(views: tuple[TableView, ...]) -> Counter[str]:
    cells = (c for view in views for row in view.rows for c in row.cells)
    return Counter(c.kind.removeprefix("verdict ") for c in cells if c.kind.startswith("verdict"))


def _about(name: str) -> str:
    return CONTENTS.get(name, GALLERY)


def _score(site: Site, papers: tuple[scored.ScoredPaper, ...]) -> tuple[str, str]:
    reproduced, total = scored.totals(papers)
    return site.page(
        "score.html", "score.html.j2", papers=papers, reproduced=reproduced, total=total
    )


def _table(site: Site, name: str) -> tuple[str, str]:
    document = site.found.documents[name]
    return site.page(
        f"{name}.html",
        "table.html.j2",
        name=name,
        about=_about(name),
        other=name in site.found.other,
        views=site.shown[name].tables,
        made=described.command(document),
        again=described.again(document, site.found.folder),
    )


def _plates(site: Site) -> list[dict[str, Any]]:
    folder = site.found.folder / "figures"
    return [
        {
            "name": name,
            "caption": told["caption"],
            "command": _command(told),
            "files": [f"{name}.{s}" for s in SUFFIXES if (folder / f"{name}.{s}").is_file()],
        }
        for name, told in site.found.figures.items()
    ]


def _command(told: Mapping[str, Any]) -> str:
    provenance = told.get("provenance", told)
    found = provenance.get("command", "") if isinstance(provenance, Mapping) else ""
    return found if isinstance(found, str) else ""


def _figures(site: Site) -> Files:
    plates = _plates(site)
    yield site.page("figures.html", "figures.html.j2", figures=plates)
    for plate in plates:
        for file in plate["files"]:
            yield f"figures/{file}", (site.found.folder / "figures" / file).read_bytes()


def _theorems(site: Site, proved: list[theorems.TheoremPage]) -> Files:
    counts = _proofs(proved) | {"theorems": proved}
    yield site.page("theorems.html", "theorems.html.j2", **counts)
    for own in proved:
        yield site.page(own.page, "theorem.html.j2", own=own)


def _provenance(site: Site) -> tuple[str, str]:
    documents = [
        {
            "name": name,
            "other": name in site.found.other,
            "made": described.command(document),
            "facts": list(described.facts(document["provenance"])),
            "hashes": list(described.hashes(document["provenance"])),
        }
        for name, document in site.found.documents.items()
    ]
    return site.page("provenance.html", "provenance.html.j2", documents=documents)


def _runs(site: Site, own: Configuration) -> Files:
    """The page of a configuration, and those of its runs' audits."""
    kept = {seed: finished(run, site.found, site.say) for seed, run in sorted(own.runs.items())}
    here = {seed: run for seed, run in kept.items() if run is not None}
    proofs = {name: f"../{page}" for name, page in theorems.addresses().items()}
    audits = audit_pages(site.found, own, here, proofs)
    document = site.found.documents[next(iter(own.documents))]
    yield site.page(
        f"runs/{own.name}.html",
        "run.html.j2",
        configuration=own,
        places=site.standing(own.name),
        settings=list(described.settings(own.spec)),
        pictures=list(pictures(here, "epoch" if own.spec.minibatch else "sweep")),
        runs=[_run(own.runs[seed], seed in here, audits.get(seed, ("",))[0]) for seed in kept],
        made=described.command(document),
        again=described.again(document, site.found.folder),
    )
    yield from ((f"audits/{name}", page) for name, page in audits.values())


def _run(run: Run, kept: bool, audit: str) -> dict[str, Any]:
    record = run.record
    return {
        "seed": run.spec.seed,
        "begun": str(record.get("started", "")).removesuffix("+00:00").replace("T", " "),
        "seconds": f"{record['wall_time']:.4g}" if "wall_time" in record else "",
        "kept": kept,
        "audit": audit,
        "audited": bool(run.spec.claims),
        "commit": str(record.get("commit") or "")[:12],
        "notes": "; ".join(map(str, record.get("notes", ()))),
        "key": run.key,
    }


@cache
def _environment() -> Environment:
    ours, reports = PackageLoader("repro.site"), PackageLoader("amverify.report")
    return Environment(
        loader=ChoiceLoader([ours, PrefixLoader({"report": reports})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_cleaned,
    )


def _cleaned(value: Any) -> Any:
    """Text without what HTML forbids; what is HTML already as it is."""
    own = isinstance(value, str) and not hasattr(value, "__html__")
    return clean(value) if own else value
