"""The command line: exit statuses, files, and one line for everything that can be wrong."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from amverify.command.cli import main
from amverify.errors import InvalidInput
from amverify.record.limit import at_most, count
from amverify.trace.file import CHUNK, load_trace, save_trace
from tests.support.hand import HALVING, RISING, descent
from tests.support.long import few

ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = """
import sys, time
sys.path.insert(0, {root!r})
from tests.support.hand import HALVING, descent
from amverify.subject.subject import Claim, Subject

def good(): return descent(HALVING)
def raises(): raise RuntimeError("no such\\nluck")
def endless(): time.sleep(60)
def junk(): return [1, 2, 3]
def leaves(): sys.exit(3)
def dies():
    import os
    os._exit(9)
def vanishes():
    import os
    os._exit(0)
def wanders():
    from amverify.record.recorder import Recorder
    recorder = Recorder("an endless loop")
    while True:
        recorder.step([1.0], value=0.0)
def sweeps():
    import torch
    from amverify.methods.tiam import TIAM
    from amverify.network.initial import gaussian
    from amverify.network.layered import LayeredProblem
    from amverify.record.layered.run import traced
    x, y = torch.ones(4, 3, dtype=torch.float64), torch.tensor([0, 1, 0, 1])
    problem = LayeredProblem(x, y, widths=(3, 2, 2), rho=1e-2)
    return traced(TIAM(), problem, gaussian(problem.widths, seed=0), 10**9)
number = 7
claimed = Subject(good, (Claim("H1", {{"a": 3.5}}), Claim("descent")))
written = Subject(good, (Claim("value[k] <= q*value[k-1]", {{"q": 0.2}}, trust=("f convex",)),))
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with traces and a module of subjects."""
    monkeypatch.chdir(tmp_path)
    save_trace(descent(HALVING), tmp_path / "halving.trace")
    save_trace(descent(RISING), tmp_path / "rising.trace")
    (tmp_path / "my_subjects.py").write_text(SUBJECTS.format(root=str(ROOT)), encoding="utf-8")
    return tmp_path


def refused(capsys, *arguments):
    """The one line with which the command line refuses, at exit status 2."""
    status = main(list(arguments))
    printed = capsys.readouterr()
    lines = printed.err.strip().splitlines()
    assert status == 2, printed
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    assert "Traceback" not in printed.err + printed.out
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("halving.trace", "--theorem", "descent"), 0),
        (("rising.trace", "--theorem", "descent"), 1),
        (("rising.trace", "--theorem", "G1"), 3),
        (("halving.trace", "--theorem", "T1"), 3),
        (("rising.trace", "--theorem", "G1", "--theorem", "descent"), 1),
        (("halving.trace", "--theorem", "H1", "--constant", "a=2.9"), 0),
        (("halving.trace", "--theorem", "H1", "--constant", "a=3.3"), 1),
        (("halving.trace", "--claim", "value[k] <= value[k-1]"), 0),
        (("rising.trace", "--claim", "value[k] <= value[k-1]"), 1),
        (("halving.trace", "--claim", "value[k] <= q*value[k-1]", "--constant", "q=0.3"), 0),
        (("halving.trace", "--claim", "value[k] <= q*value[k-1]", "--constant", "q=0.2"), 1),
        (("halving.trace", "--claim", "value[k] <= 1", "--given", "value[k] <= 0"), 3),
        (("my_subjects:written",), 1),
        (("my_subjects:good", "--theorem", "descent"), 0),
        (("my_subjects:claimed",), 1),
    ],
)
def test_exit_statuses(place, capsys, arguments, status):
    assert main(["audit", *arguments]) == status
    assert capsys.readouterr().err == ""


def test_claims_of_a_file(place, capsys):
    file = place / "claims.toml"
    text = 'trace = "halving.trace"\n[[claim]]\nholds = "value[k] <= q**k*value[0]"\n{}'
    file.write_text(
        text.format('given = "value[k] >= 0"\ntrust = ["f convex"]\nconstants = {q = 0.25}')
    )
    assert main(["audit", "claims.toml"]) == 0
    assert "not monitored: f convex" in capsys.readouterr().out
    for broken, why in {
        'theorem = "H1"': "one of the keys 'theorem' and 'holds'",
        "given = 3": "given must be a string",
        'given = "value[k]"': "compares two sides",
        "constants = {p = 1}": "'p'",
    }.items():
        file.write_text(text.format(broken))
        assert why in refused(capsys, "audit", "claims.toml")


def test_written_claims_replay_from_their_file(place, capsys):
    written = ("--claim", "value[k] == value[k-1]", "--claim", "exists k <= 3: step2[k] <= 0")
    assert main(["audit", "halving.trace", *written, "--json", "r.json"]) == 1
    capsys.readouterr()
    assert main(["replay", "r.json"]) == 1
    assert capsys.readouterr().out.count("fails for certain") == 2


def test_bad_claims_on_the_command_line(place, capsys):
    said = ("audit", "halving.trace")
    assert "column 1" in refused(capsys, *said, "--claim", "value <= <")
    assert "--theorem names" in refused(capsys, *said, "--claim", "descent")
    assert "belong to a --claim" in refused(capsys, *said, "--theorem", "descent", "--trust", "x")
    assert "did you mean value?" in refused(capsys, *said, "--claim", "vaule[k] <= 1")
    assert "no such constant" in refused(
        capsys, *said, "--claim", "value[k] <= 1", "--constant", "a=1"
    )


def test_reports_are_written(place, capsys):
    names = ("--json", "r.json", "--junit", "r.xml", "--html", "r.html", "--sarif", "r.sarif")
    assert main(["audit", "rising.trace", "--theorem", "descent", *names]) == 1
    assert "VIOLATED" in (place / "r.json").read_text(encoding="utf-8")
    json.loads((place / "r.json").read_text(encoding="utf-8"))
    assert ElementTree.parse(place / "r.xml").getroot().iter("failure")
    assert "<html" in (place / "r.html").read_text(encoding="utf-8")
    assert "VIOLATED" in capsys.readouterr().out
    assert located(place / "r.sarif") == ("rising.trace", 1)


def located(log):
    (result,) = json.loads(log.read_text(encoding="utf-8"))["runs"][0]["results"]
    found = result["locations"][0]["physicalLocation"]
    return found["artifactLocation"]["uri"], found["region"]["startLine"]


def test_sarif_points_at_the_claim_or_the_function(place, capsys):
    (place / "c.toml").write_text(
        'trace = "rising.trace"\n\n[[claim]]\nholds  =  "value[k] <=  value[k-1]"\n',
        encoding="utf-8",
    )
    assert main(["audit", "c.toml", "--sarif", "r.sarif", "-q"]) == 1
    assert located(place / "r.sarif") == ("c.toml", 4)
    source = "import amverify as amv\n\n\ndef run():\n    return amv.load_trace('rising.trace')\n"
    (place / "subject_of_mine.py").write_text(source, encoding="utf-8")
    descent = ("--theorem", "descent", "--sarif", "r.sarif", "-q")
    assert main(["audit", "subject_of_mine:run", *descent]) == 1
    assert located(place / "r.sarif") == ("subject_of_mine.py", 4)


def test_a_report_replays(place, capsys):
    main(["audit", "rising.trace", "--theorem", "descent", "--json", "r.json"])
    assert main(["replay", "r.json"]) == 1
    assert "fails for certain" in capsys.readouterr().out
    main(["audit", "halving.trace", "--theorem", "descent", "--json", "h.json"])
    assert main(["replay", "h.json"]) == 0
    assert "amverify replay FILE" in refused(capsys, "falsify", "--replay", "h.json")
    (place / "cut.json").write_text("{", encoding="utf-8")
    assert "cut.json: not an audit's report" in refused(capsys, "replay", "cut.json")


def test_a_specification(place, capsys):
    (place / "claims.toml").write_text(
        'trace = "halving.trace"\n[[claim]]\ntheorem = "H1"\nconstants = { a = 2.9 }\n'
        '[[claim]]\ntheorem = "descent"\n',
        encoding="utf-8",
    )
    assert main(["audit", "claims.toml"]) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('trace = "halving.trace"\n[[claim]\n', ("line 2",)),
        ('trace = "halving.trace"\n', ("[[claim]]",)),
        ('[[claim]]\ntheorem = "H1"\n', ("'trace'",)),
        ('trace = "halving.trace"\nclaims = 3\n', ("line 2", "'claims'")),
        ('trace = "halving.trace"\n[[claim]]\nteorem = "H1"\n', ("line 2", "'teorem'")),
        ('trace = "halving.trace"\n[[claim]]\ntheorem = "H3"\n', ("line 2", "H3", "H1")),
        (
            'trace = "halving.trace"\n[[claim]]\ntheorem = "H1"\nconstants = { b = 1 }\n',
            ("line 2", "'b'", "it has a"),
        ),
        (
            'trace = "halving.trace"\n[[claim]]\ntheorem = "H1"\nconstants = { a = "x" }\n',
            ("line 2", "constants.a"),
        ),
        (
            'trace = "halving.trace"\n[[claim]]\ntheorem = "H1"\nconstants = { a = -1 }\n',
            ("constant a", "positive"),
        ),
        ('trace = "none.trace"\n[[claim]]\ntheorem = "H1"\n', ("none.trace",)),
        ("\x00", ("line 1",)),
    ],
)
def test_a_bad_specification_names_line_and_key(place, capsys, text, words):
    (place / "claims.toml").write_text(text, encoding="utf-8")
    line = refused(capsys, "audit", "claims.toml")
    assert all(word in line for word in words), line


def test_unknown_theorems_are_offered_their_neighbours(place, capsys):
    assert "nearest" in refused(capsys, "audit", "halving.trace", "--theorem", "T9")
    assert "G5" in refused(capsys, "theorems", "g9")
    assert "T3" in refused(capsys, "audit", "halving.trace", "--theorem", "T33")


def test_an_unknown_function_is_offered_its_neighbours(place, capsys):
    assert "did you mean claimed" in refused(capsys, "audit", "my_subjects:claimd")


@pytest.mark.parametrize("constant", ["a", "a=", "=1", "a=b"])
def test_a_constant_is_a_name_and_a_number(place, capsys, constant):
    given = ("halving.trace", "--theorem", "H1", "--constant", constant)
    assert "NAME=NUMBER" in refused(capsys, "audit", *given)


def test_a_contradictory_constant(place, capsys):
    line = refused(capsys, "audit", "halving.trace", "--theorem", "H1", "--constant", "a=0")
    assert "constant a" in line


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("my_subjects:raises", ("RuntimeError", "no such luck", "my_subjects.py")),
        ("my_subjects:junk", ("list", "not a Trace", "return recorder.trace()")),
        ("./my_subjects.py:junk", ("without .py", ": my_subjects:junk")),
        ("my_subjects:number", ("number",)),
        ("my_subjects:absent", ("absent",)),
        ("my_subjects:leaves", ("SystemExit",)),
        ("my_subjects:dies", ("exit status 9",)),
        ("my_subjects:vanishes", ("without leaving a trace",)),
        ("no_such_module:f", ("no_such_module",)),
        (":f", ("module:function",)),
    ],
)
def test_a_bad_subject(place, capsys, subject, words):
    line = refused(capsys, "audit", subject, "--theorem", "descent")
    assert all(word in line for word in words), line


def test_a_subject_that_never_ends(place, capsys):
    given = ("my_subjects:endless", "--theorem", "descent", "--time-limit", "0.5")
    assert "--time-limit" in refused(capsys, "audit", *given)


@pytest.mark.parametrize("subject", few(["wanders", "sweeps"], keep=1))
def test_a_subject_that_records_for_ever(place, capsys, subject):
    given = (f"my_subjects:{subject}", "--theorem", "descent", "--iteration-limit", "20")
    assert "not done after 20 iterations; see --iteration-limit" in refused(capsys, "audit", *given)


def test_a_run_of_as_many_iterations_as_are_allowed(place, capsys):
    with at_most(5):
        count(5)
        with pytest.raises(InvalidInput, match="5 iterations"):
            count(6)
    count(6)


def test_nothing_claimed(place, capsys):
    """All that the run can be judged by as it is; a constant that no theorem has is refused."""
    assert main(["audit", "halving.trace"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "HOLDS descent" in told
    assert "nothing was claimed" in told
    assert "has no such constant" in refused(capsys, "audit", "halving.trace", "--constant", "x=1")


def test_a_missing_file(place, capsys):
    assert "absent.trace" in refused(capsys, "audit", "absent.trace", "--theorem", "G1")


@pytest.mark.parametrize("damage", ["magic", "header", "middle", "empty", "text"])
def test_a_damaged_trace(place, capsys, damage):
    data = bytearray((place / "halving.trace").read_bytes())
    if damage == "magic":
        data[0] ^= 1
    elif damage == "header":
        data = data[:30]
    elif damage == "middle":
        data[len(data) // 2] ^= 1
    elif damage == "empty":
        data = bytearray()
    else:
        data = bytearray(b"import os\nos.system('true')\n")
    (place / "bad.trace").write_bytes(data)
    assert "bad.trace" in refused(capsys, "audit", "bad.trace", "--theorem", "descent")


def test_a_truncated_trace_gives_the_rows_of_its_whole_chunks(place, capsys):
    save_trace(descent([2.0**-k for k in range(CHUNK + 20)]), place / "long.trace")
    data = (place / "long.trace").read_bytes()
    (place / "cut.trace").write_bytes(data[:-100])
    assert load_trace(place / "cut.trace").rows("sweeps") == CHUNK
    status = main(["audit", "cut.trace", "--theorem", "descent", "--json", "r.json"])
    assert status in (0, 3)
    assert "cut off" in (place / "r.json").read_text(encoding="utf-8")


def test_what_is_left_of_a_cut_chunk_is_no_evidence(place, capsys):
    data = bytearray((place / "rising.trace").read_bytes())
    (place / "cut.trace").write_bytes(data[:-100])
    assert "cut off" in refused(capsys, "audit", "cut.trace", "--theorem", "descent")


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "absent.trace", "--theorem", "descent"),
        ("audit", "halving.trace", "--theorem", "T9"),
        ("audit", "halving.trace", "--theorem", "H1", "--constant", "a=-1"),
        ("audit", "my_subjects:raises", "--theorem", "descent"),
    ],
)
def test_existing_reports_stay_when_the_input_is_bad(place, capsys, arguments):
    (place / "r.json").write_text("kept", encoding="utf-8")
    refused(capsys, *arguments, "--json", "r.json")
    assert (place / "r.json").read_text(encoding="utf-8") == "kept"


def test_an_unwritable_report_is_status_6(place, capsys):
    (place / "taken").mkdir()
    given = ("halving.trace", "--theorem", "descent", "--json", "taken")
    assert main(["audit", *given]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.parametrize("option", ["--nonsense", "--time-limit=0", "--iteration-limit=0"])
def test_a_bad_option(place, capsys, option):
    assert "--help" in refused(capsys, "audit", "halving.trace", option)


def test_theorems_are_listed_and_shown(capsys):
    assert main(["theorems"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("T1", "M4", "descent"))
    assert main(["theorems", "G1"]) == 0
    shown = capsys.readouterr().out
    assert "Nesterov" in shown
    assert "to declare" in shown
    assert "(not monitored)" in shown
