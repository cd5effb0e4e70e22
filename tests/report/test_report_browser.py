"""The page in headless Chromium: offline, without errors, from a phone to a desk, in print."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import amverify as amv
from amverify.report import to_html, write
from tests.support.hand import descent
from tests.support.report_examples import example

PHONE, DESK = 360, 1100
ORDER = ("T3", "M2", "T4", "A1", "T1")
"""The example's theorems, the weakest verdict first."""


def shown(chromium: Any, page: Path, width: int = DESK, scheme: str = "light") -> None:
    """Open the page afresh in a window of that width."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
    for kind in ("browser", "performance"):
        chromium.get_log(kind)
    chromium.get(page.as_uri())


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_error_and_no_request_but_the_page(chromium: Any, page: Path, width: int) -> None:
    shown(chromium, page, width)
    assert chromium.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    asked = [p["request"]["url"] for p in sent if p["documentURL"] == page.as_uri()]
    assert asked
    assert {url for url in asked if urlsplit(url).scheme != "data"} == {page.as_uri()}


@pytest.mark.parametrize("width", [PHONE, 414, 768, DESK])
def test_the_page_is_never_wider_than_the_window(chromium: Any, page: Path, width: int) -> None:
    shown(chromium, page, width)
    for details in chromium.find_elements("tag name", "details"):
        chromium.execute_script("arguments[0].open = true", details)
    root = "document.documentElement"
    scroll, client = chromium.execute_script(f"return [{root}.scrollWidth, {root}.clientWidth]")
    assert client == width
    assert scroll <= client


def test_every_section_is_there_and_seen(chromium: Any, page: Path) -> None:
    shown(chromium, page, PHONE)
    for details in chromium.find_elements("css selector", "details.holds"):
        chromium.execute_script("arguments[0].open = true", details)
    sections = chromium.find_elements("css selector", "main section.finding")
    findings = [example()[name] for name in ORDER]
    for section, finding in zip(sections, findings, strict=True):
        assert section.is_displayed()
        assert finding.statement in section.text
        headings = [part.text for part in section.find_elements("tag name", "h3")]
        assert ("Witness" in headings) == (finding.witness is not None)
        assert ("Slack" in headings) == bool(finding.slack.sweeps)
        assert {"Statement", "Instances and evidence"} <= set(headings)
    rows = chromium.find_elements("css selector", ".verdicts tbody tr")
    assert [row.text.split()[0] for row in rows] == list(ORDER)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_labels_of_the_plots_do_not_collide(chromium: Any, page: Path, width: int) -> None:
    shown(chromium, page, width)
    boxes = chromium.execute_script(
        "return [...document.querySelectorAll('svg')].map(s => [...s.querySelectorAll('text')]"
        ".map(t => { const b = t.getBoundingClientRect();"
        " return [b.left, b.top, b.right, b.bottom, t.textContent] }))"
    )
    assert len([plot for plot in boxes if plot]) == 7
    for plot in boxes:
        for i, (left, top, right, bottom, label) in enumerate(plot):
            assert 0 <= left < right <= width, label
            for other in plot[:i]:
                apart = right <= other[0] or other[2] <= left or bottom <= other[1]
                assert apart or other[3] <= top, (label, other[4])


def test_the_scheme_of_the_reader_is_followed(chromium: Any, page: Path) -> None:
    colour = "return getComputedStyle(document.body).backgroundColor"
    shown(chromium, page, scheme="light")
    light = chromium.execute_script(colour)
    shown(chromium, page, scheme="dark")
    assert light == "rgb(253, 253, 251)"
    assert chromium.execute_script(colour) == "rgb(21, 23, 26)"


def test_the_keyboard_reaches_the_links_and_the_details(chromium: Any, page: Path) -> None:
    shown(chromium, page)
    found = []
    for _ in range(1 + 5 + 1 + 4):
        key = {"key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
        for kind in ("rawKeyDown", "keyUp"):
            chromium.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": kind, **key})
        found.append(chromium.switch_to.active_element)
    tags = [element.tag_name for element in found]
    assert tags == ["a"] * 6 + ["summary"] * 5
    assert found[0].get_attribute("href").endswith("#main")


def test_it_prints(chromium: Any, page: Path) -> None:
    shown(chromium, page, scheme="dark")
    pdf = base64.b64decode(chromium.execute_cdp_cmd("Page.printToPDF", {})["data"])
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") >= 2
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert chromium.execute_script(colour) == "rgb(255, 255, 255)"
    pre = "return document.querySelector('details pre').checkVisibility()"
    assert chromium.execute_script(pre)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_long_names_in_the_header_do_not_cover_their_values(
    chromium: Any, tmp_path: Path, width: int
) -> None:
    header = {"constants declared before the run by the author of the claim": {"mu": 1.0}}
    path = tmp_path / "report.html"
    write(path, to_html(replace(example(), header=header)))
    shown(chromium, path, width)
    script = """return ['dt', 'dd'].map(n => document.querySelector('.run ' + n))
      .map(e => e.getBoundingClientRect()).map(r => [r.left, r.top, r.right, r.bottom])"""
    name, value = chromium.execute_script(script)
    assert name[2] <= value[0] or name[3] <= value[1]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_claim_is_set_as_mathematics_and_no_mark_covers_its_text(
    chromium: Any, tmp_path: Path, width: int
) -> None:
    claims = (
        amv.claim("value[k] - fstar <= C/k**2", given="eta[k]*L <= 1", trust="f is convex"),
        amv.claim("for k >= 3: value[k] <= 2"),
        amv.claim("min(grad2[0:k+1]) <= 2*L*value[0]/(k+1)", trust="f is convex"),
    )
    trace = descent([1.0, 0.8, 0.6, 0.5, 0.4])
    report = amv.audit(trace, claims, constants={"C": 9, "L": 10, "fstar": 0})
    path = tmp_path / "report.html"
    write(path, to_html(report))
    shown(chromium, path, width)
    script = """document.querySelectorAll('details').forEach(d => d.open = true);
      return [...document.querySelectorAll('math')].map(m => m.getBoundingClientRect())
        .map(r => [r.width, r.height])"""
    sizes = chromium.execute_script(script)
    assert len(sizes) == len(claims)
    assert all(width > 60 and height > 10 for width, height in sizes)
    over = """return [...document.querySelectorAll('.hypotheses li')].filter(li => {
      const r = document.createRange(); r.selectNodeContents(li.children[0]);
      const a = r.getBoundingClientRect(), b = li.children[1].getBoundingClientRect();
      return a.right > b.left && a.bottom > b.top }).length"""
    assert chromium.execute_script(over) == 0
    assert "fstar" not in chromium.find_element("css selector", ".mathematics").text
