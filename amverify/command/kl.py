r"""What ``amverify kl`` does: a loss by name, in a process of its own, and its certificate.

A subject is ``module:name`` of a sympy expression, a torch module, a function of tensors, a
``LayeredProblem``, a pair (loss, inputs), or a function without arguments that returns one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from inspect import Parameter, isfunction, signature
from pathlib import Path
from typing import Any

from rich.text import Text

from amverify.console.screen import Screen
from amverify.definability.certificate import Certificate, from_plain, lines, to_plain
from amverify.errors import InvalidInput
from amverify.report import write
from amverify.subject.process import in_a_process
from amverify.subject.subject import found, raised

_START = "import sys; from amverify.command.kl import child; sys.exit(child(*sys.argv[1:]))"
_ASKED, _CERTIFICATE = "asked.json", "certificate.json"


@dataclass(frozen=True)
class Asked:
    """Boxes as NAME=LOW,HIGH or LOW,HIGH; inputs as NAME=2,3; names that are held fixed."""

    subject: str
    boxes: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


def certify(asked: Asked, seconds: float) -> Certificate:
    """The certificate of ``module:name``.

    Raises:
        InvalidInput: if there is no such subject, it raises, takes longer, or is no loss.
    """
    module, colon, attribute = asked.subject.partition(":")
    if not (module and colon and attribute):
        raise InvalidInput(f"subject {asked.subject!r}: write it as module:loss")
    with tempfile.TemporaryDirectory(prefix="amverify-") as folder:
        out = Path(folder)
        (out / _ASKED).write_text(json.dumps(asdict(asked)), encoding="utf-8")
        in_a_process(asked.subject, [_START, folder], seconds, out)
        try:
            plain = json.loads((out / _CERTIFICATE).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise InvalidInput(f"subject {asked.subject}: it left no certificate") from None
    return from_plain(plain)


def certified(asked: Asked, seconds: float, file: Path | None, quiet: bool) -> int:
    """Print the certificate, write it if a file is named; 0 certified, 3 undecided."""
    boxes(asked.boxes), shapes(asked.inputs)
    certificate = certify(asked, seconds)
    if file is not None:
        text = json.dumps(to_plain(certificate), ensure_ascii=False, indent=2) + "\n"
        if str(file) == "-":
            print(text, end="")
        else:
            write(file, text)
    if not quiet and str(file) != "-":
        console = Screen()
        for line in lines(certificate):
            console.print(Text(line), soft_wrap=True)
    return certificate.exit_status


def child(folder: str) -> int:
    """Certify what was asked for; what goes wrong becomes the last line on standard error."""
    try:
        plain = json.loads((Path(folder) / _ASKED).read_text(encoding="utf-8"))
        lists = (tuple(plain[name]) for name in ("boxes", "inputs", "fixed"))
        asked = Asked(plain["subject"], *lists)
        made = _certificate(asked)
        text = json.dumps(to_plain(made), ensure_ascii=False)
        (Path(folder) / _CERTIFICATE).write_text(text, encoding="utf-8")
    except (Exception, SystemExit) as error:
        return raised(error)
    return 0


def _certificate(asked: Asked) -> Certificate:
    from amverify.definability import definable

    loss, inputs = _loss(asked.subject)
    wanted = shapes(asked.inputs)
    if wanted:
        inputs = _tensors(loss, wanted)
    return definable(loss, inputs, box=boxes(asked.boxes), fixed=asked.fixed, name=asked.subject)


def _loss(name: str) -> tuple[Any, Any]:
    """The loss that is named, and its inputs if it comes with them."""
    loss = found(name)
    if isinstance(loss, type):
        loss = _instance(name, loss)
    elif isfunction(loss) and not _needs(loss):
        made = loss()
        loss = loss if type(made).__name__ in ("Tensor", "Parameter") else made
    if isinstance(loss, tuple) and len(loss) == 2:
        return loss[0], loss[1]
    return loss, None


def _needs(function: Any) -> bool:
    kinds = signature(function).parameters.values()
    return any(p.default is Parameter.empty for p in kinds)


def _instance(name: str, kind: type) -> Any:
    try:
        return kind()
    except TypeError:
        raise InvalidInput(
            f"{name} is a class that needs arguments: name an instance, or a function without "
            "arguments that returns one"
        ) from None


def _tensors(loss: Any, wanted: dict[str, tuple[tuple[int, ...], bool]]) -> list[Any]:
    import torch

    from amverify.definability.inputs import names_of

    names = names_of(loss) if callable(loss) else ()
    missing = [name for name in names if name not in wanted]
    if missing or len(wanted) < len(names):
        raise InvalidInput(f"--input: also give {', '.join(missing)} (the inputs are {names})")
    order = [name for name in names if name in wanted] or list(wanted)
    return [
        torch.zeros(shape, dtype=torch.long) if whole else torch.ones(shape)
        for shape, whole in (wanted[name] for name in order)
    ]


def boxes(given: Sequence[str]) -> dict[str, tuple[float, float]] | None:
    """Boxes by name or pattern, ``*`` where none is named.

    Raises:
        InvalidInput: for what is not written as NAME=LOW,HIGH.
    """
    made = {}
    for text in given:
        name, sign, ends = text.rpartition("=")
        try:
            low, high = (float(end) for end in ends.split(","))
        except ValueError:
            raise InvalidInput(f"--box {text}: write it as NAME=LOW,HIGH or LOW,HIGH") from None
        made[name if sign else "*"] = (low, high)
    return made or None


def shapes(given: Sequence[str]) -> dict[str, tuple[tuple[int, ...], bool]]:
    """Shapes by name, and whether they hold integers (``y=8:int``).

    Raises:
        InvalidInput: for what is not written as NAME=2,3.
    """
    made = {}
    for text in given:
        name, sign, rest = text.partition("=")
        sizes, colon, kind = rest.partition(":")
        try:
            if not (name and sign) or (colon and kind != "int"):
                raise ValueError
            shape = tuple(int(n) for n in sizes.split(",") if n.strip())
            if any(n < 1 for n in shape):
                raise ValueError
        except ValueError:
            raise InvalidInput(f"--input {text}: write it as NAME=2,3 or NAME=8:int") from None
        made[name] = (shape, bool(colon))
    return made
