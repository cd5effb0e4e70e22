r"""Coq's verdict on the theorems: compile a clean copy, ask what each proof assumes.

The files of ``proofs/coq`` named in ``_CoqProject`` (in their order) are copied to a temporary
folder and compiled by ``coqc``. For each theorem of ``names`` Coq then answers

    Definition tie_0_1 : amverify.Statements.T2_decrease_stmt := Region.T2_decrease_holds. …
    Definition together_0 := (tie_0_1, …, Region.T2_no_weight_outside, …, tt).
    Print Assumptions together_0.

A theorem is *proved* if its files compiled, each type is the statement where one is named
(generated, or written by hand), and nothing is assumed beyond :data:`AXIOMS_OF_REALS`, the axioms
by which Coq's standard library builds the real numbers. An ``Admitted`` lemma or an axiom of ours
shows up in that list. Without ``coqc``, and past the time limit, the answer is *not run*, never
*proved*.

Standard library only: ``make coq`` needs coqc and Python, and takes the statements as they are
stored. ``python -m proofs check --coq`` and ``record`` generate them from the formulas.
``python -m proofs.coq.run`` prints the table and exits with 1 unless everything is proved.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from proofs.coq.names import PROOFS, Proof

COQ = Path(__file__).parent
LOGICAL = "amverify"
MARK = "== assumptions"

AXIOMS_OF_REALS = frozenset(
    {
        "ClassicalDedekindReals.sig_forall_dec",
        "ClassicalDedekindReals.sig_not_dec",
        "FunctionalExtensionality.functional_extensionality_dep",
        "Classical_Prop.classic",
    }
)
"""Used by Coq's own ``Reals``: the reals' order and equality, and classical logic."""

Verdict = Literal["proved", "failed", "not run"]


@dataclass(frozen=True)
class CoqResult:
    """Coq's answer on one theorem of the specification.

    Args:
        theorem: its id.
        status: ``proved``, ``failed`` or ``not run``.
        proofs: names of the Coq theorems it consists of.
        axioms: what they assume together, by name.
        text: the output of ``Print Assumptions``, or one line on what went wrong.
        statements: what they say, as Coq prints it.
    """

    theorem: str
    status: Verdict
    proofs: tuple[str, ...]
    axioms: tuple[str, ...]
    text: str
    statements: str = ""


def files_in_order(folder: Path) -> tuple[str, ...]:
    """The .v files that ``_CoqProject`` names, dependencies first."""
    words = (folder / "_CoqProject").read_text(encoding="utf-8").split()
    return tuple(word for word in words if word.endswith(".v"))


def needed(folder: Path, modules: Sequence[str]) -> tuple[str, ...]:
    """The files that some modules need, themselves included, dependencies first."""
    wanted, order = set(modules), files_in_order(folder)
    for file in reversed(order):
        if file.removesuffix(".v") in wanted:
            text = (folder / file).read_text(encoding="utf-8")
            for line in re.findall(
                rf"^From {LOGICAL} Require Import ([^.]*)\.", text, re.MULTILINE
            ):
                wanted |= set(line.split())
    return tuple(file for file in order if file.removesuffix(".v") in wanted)


def questions(wanted: Mapping[str, Sequence[Proof]]) -> str:
    """A Coq file that ties theorems to statements, asks what they assume, and what they say.

    What is assumed is asked for before anything is imported: a name is then that of its file, an
    axiom of ours or a second ``Statements`` in another file included. One file for all theorems,
    since Coq takes most of its time to load the reals; a mark ends each theorem's answer.
    """
    proofs = [proof for own in wanted.values() for proof in own]
    asked = {"Statements", *(p.module for p in proofs), *(p.type.partition(".")[0] for p in proofs)}
    modules = " ".join(sorted(asked - {""}))
    lines = [f"From {LOGICAL} Require {modules}."]
    for number, (theorem, own) in enumerate(wanted.items()):
        lines += [*_together(number, own), _marked(theorem)]
    lines += [f"Require Import Reals. Import {modules}.", "Open Scope R_scope."]
    for theorem, own in wanted.items():
        lines += [*(f"Check ({proof.name})." for proof in own), _marked(theorem)]
    return "\n".join(lines) + "\n"


def _together(number: int, proofs: Sequence[Proof]) -> list[str]:
    """One theorem's ties to its statements, and what all of its proofs assume together."""
    ties = {
        f"tie_{number}_{n}": f"{LOGICAL}.{proof.type} := {LOGICAL}.{proof.name}"
        for n, proof in enumerate(proofs)
        if proof.type
    }
    others = [f"{LOGICAL}.{proof.name}" for proof in proofs if not proof.type]
    return [
        *(f"Definition {name} : {tie}." for name, tie in ties.items()),
        f"Definition together_{number} := ({', '.join([*ties, *others, 'tt'])}).",
        f"Print Assumptions together_{number}.",
    ]


def _marked(theorem: str) -> str:
    return f'Goal True. idtac "{MARK} {theorem}". Abort.'


def answered(wanted: Mapping[str, Sequence[Proof]], output: str) -> dict[str, CoqResult]:
    """What Coq's answer to :func:`questions` means, theorem by theorem."""
    parts = {theorem: [""] * 2 for theorem in wanted}
    expected = [(theorem, which) for which in (0, 1) for theorem in wanted]
    left, whole = output, True
    for theorem, which in expected:
        said, mark, left = left.partition(f"{MARK} {theorem}\n")
        whole = whole and bool(mark)
        parts[theorem][which] = said if whole else ""
    return {name: judged(name, own, *parts[name]) for name, own in wanted.items()}


def judged(theorem: str, proofs: Sequence[Proof], said: str, types: str) -> CoqResult:
    """What one theorem's part of the answer means: its assumptions, and what its proofs say."""
    _, head, listed = said.partition("Axioms:\n")
    axioms = tuple(re.findall(r"^([^\s:]+)", listed, flags=re.MULTILINE))
    foreign = sorted(set(axioms) - AXIOMS_OF_REALS)
    verdict: Verdict = "failed"
    if said.strip() == "Closed under the global context":
        verdict, text = "proved", said.strip()
    elif not (head and axioms):
        text = f"no list of axioms in Coq's answer: {said.strip()[-200:]!r}"
    elif foreign:
        text = f"assumes what is not Coq's own: {', '.join(foreign)}"
    else:
        verdict, text = "proved", (head + listed).strip()
    names = tuple(proof.name for proof in proofs)
    return CoqResult(theorem, verdict, names, axioms, text, types.strip())


class Compiler:
    """coqc on a clean copy of the files, under one time limit for all of them."""

    def __init__(self, coqc: str, folder: Path, limit: float) -> None:
        self.coqc, self.folder, self.end = coqc, folder, time.monotonic() + limit
        self.faults: dict[str, tuple[Verdict, str]] = {}

    def run(self, file: str) -> tuple[Verdict, str]:
        """Compile one file: ``proved`` if Coq accepts it, with what it said."""
        command = [self.coqc, "-q", "-Q", ".", LOGICAL, file]
        left = self.end - time.monotonic()
        if left <= 0:
            return "not run", "the time limit was reached"
        try:
            done = subprocess.run(
                command, cwd=self.folder, capture_output=True, text=True, timeout=left, check=False
            )
        except subprocess.TimeoutExpired:
            return "not run", f"the time limit was reached in {file}"
        except OSError as error:
            return "not run", f"{self.coqc} cannot be run: {error.strerror}"
        if done.returncode == 0:
            return "proved", done.stdout
        return "failed", " ".join((done.stderr or done.stdout).split())[:400]

    def compile(self, files: Sequence[str]) -> None:
        """Compile files in this order; what went wrong is kept by module."""
        for file in files:
            verdict, said = self.run(file)
            if verdict != "proved":
                self.faults[file.removesuffix(".v")] = verdict, said

    def ask(self, wanted: Mapping[str, Sequence[Proof]]) -> dict[str, CoqResult]:
        """Coq's answers on theorems, their files having been compiled."""
        broken = {name: found for name, own in wanted.items() if (found := self._broken(own))}
        whole = {name: own for name, own in wanted.items() if name not in broken}
        answers = self._together(whole) if whole else {}
        answers |= {name: _refused(name, wanted[name], *found) for name, found in broken.items()}
        return {name: answers[name] for name in wanted}

    def _broken(self, proofs: Sequence[Proof]) -> tuple[Verdict, str] | None:
        """What became of a theorem's files, if anything did; a refusal before a time limit."""
        found = [self.faults[p.module] for p in proofs if p.module in self.faults]
        found.sort(key=lambda fault: fault[0] != "failed")
        return found[0] if found else None

    def _together(self, wanted: Mapping[str, Sequence[Proof]]) -> dict[str, CoqResult]:
        """All in one question; where Coq refuses that, each in one of its own."""
        file = "Assumptions.v"
        (self.folder / file).write_text(questions(wanted), encoding="utf-8")
        verdict, said = self.run(file)
        if verdict == "proved":
            return answered(wanted, said)
        if len(wanted) > 1:
            alone = ({name: own} for name, own in wanted.items())
            return {name: made for one in alone for name, made in self._together(one).items()}
        return {name: _refused(name, own, verdict, said) for name, own in wanted.items()}


def _refused(theorem: str, proofs: Sequence[Proof], verdict: Verdict, why: str) -> CoqResult:
    return CoqResult(theorem, verdict, tuple(proof.name for proof in proofs), (), why)


def status(
    folder: Path = COQ,
    limit: float = 300.0,
    coqc: str | None = None,
    wanted: Mapping[str, Sequence[Proof]] = PROOFS,
    statements: str | None = None,
) -> dict[str, CoqResult]:
    """Coq's verdict on every theorem, by id.

    Args:
        folder: the .v files and ``_CoqProject``; nothing is written there.
        limit: seconds for everything.
        coqc: the compiler; the one on the path by default.
        wanted: what is to be proved, by theorem id.
        statements: the text of ``Statements.v``, freshly generated; the stored file by default.
    """
    found = coqc or shutil.which("coqc")
    if found is None:
        text = "coqc is not installed (Debian: apt install coq)"
        return {
            theorem: CoqResult(theorem, "not run", tuple(p.name for p in proofs), (), text)
            for theorem, proofs in wanted.items()
        }
    with tempfile.TemporaryDirectory(prefix="amverify-coq-") as place:
        coq = Compiler(found, _clean_copy(folder, Path(place)), limit)
        if statements is not None:
            (coq.folder / "Statements.v").write_text(statements, encoding="utf-8")
        modules = ["Statements", *(p.module for proofs in wanted.values() for p in proofs)]
        coq.compile(needed(coq.folder, modules))
        return coq.ask(wanted)


def _clean_copy(folder: Path, place: Path) -> Path:
    for name in ("_CoqProject", *files_in_order(folder)):
        shutil.copyfile(folder / name, place / name)
    return place


def main() -> int:
    """Print what Coq proved and what each theorem assumes; 0 if all is proved."""
    began = time.monotonic()
    results = status()
    for result in results.values():
        print(f"{result.theorem:4} {result.status:8} {', '.join(result.proofs)}")
        if result.status != "proved":
            print(f"     {result.text}")
    axioms = sorted({axiom for result in results.values() for axiom in result.axioms})
    print("Print Assumptions, all theorems together:", *axioms or ["nothing"], sep="\n  ")
    print(
        f"{len(results)} theorems, {time.monotonic() - began:.0f} s; statements as they are stored"
    )
    return 0 if all(result.status == "proved" for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
