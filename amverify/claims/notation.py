r"""A claim as text, as mathematics in Unicode, and in LaTeX.

value[k] <= value[k-1] - a*step2[k]
f(x_k) ≤ f(x_{k−1}) − a‖x_k − x_{k−1}‖²
f(x_{k}) \le f(x_{k-1}) - a \lVert x_{k}-x_{k-1}\rVert^2
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from amverify.claims.tree import (
    At,
    Call,
    Constant,
    Expected,
    Index,
    Node,
    Number,
    Range,
    Running,
    Statement,
    element,
    slices,
)

_TIGHT = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "eps": "ε", "eta": "η", "theta": "θ",
    "kappa": "κ", "lam": "λ", "mu": "μ", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ",
    "psi": "ψ", "omega": "ω",
}  # fmt: skip
_TEX = {"eps": r"\varepsilon", "lam": r"\lambda", "phi": r"\varphi"}


@dataclass(frozen=True)
class Style:
    """How the pieces of a formula are written."""

    index: Callable[[Index], str]
    name: Callable[[str], str]
    at: Callable[[str, str, str], str]
    running: Callable[[str, str, str, str], str]
    call: Callable[[str, list[str]], str]
    expected: Callable[[str, str], str]
    number: Callable[[str], str]
    signs: dict[str, str]


def written(node: Node, style: Style, outer: int = 0) -> str:
    """A side of a claim in a style; brackets only where precedence asks for them."""
    match node:
        case Number(value):
            return style.number(_decimal(str(value.numerator), str(value.denominator)))
        case Constant(name):
            return style.name(name)
        case At(name, index):
            return style.at(name, style.index(index), style.index(_before(index)))
        case Running(how, of):
            lead = slices(of)[0]
            inner = written(element(of, lead.start), replace(style, index=_over_j(style)), 2)
            last = _before(lead.stop)
            return style.running(how, style.index(lead.start), style.index(last), inner)
        case Expected(of):
            past = style.index(Index(True, node.newest - 1))
            return style.expected(written(of, style), past)
        case Call(how, of) if how in _TIGHT:
            return _operated(how, of, style, outer)
        case Call(how, of):
            return style.call(how, [written(one, style) for one in of])
    raise AssertionError(node)


def _operated(how: str, of: tuple[Node, ...], style: Style, outer: int) -> str:
    here = _TIGHT[how]
    if how == "neg":
        found = style.signs["-"].strip() + written(of[0], style, here)
    elif how == "**":
        found = style.call("**", [written(of[0], style, here + 1), written(of[1], style)])
    else:
        right = here + (how in ("-", "/"))
        left = here + (how == "*" and _divided(of[0]))
        found = written(of[0], style, left) + style.signs[how] + written(of[1], style, right)
    return f"({found})" if here < outer else found


def _divided(node: Node) -> bool:
    """Whether brackets keep what follows from being read below its line: (a/k)·b."""
    return isinstance(node, Call) and node.how == "/"


def _over_j(style: Style) -> Callable[[Index], str]:
    return lambda index: style.index(index).replace("k", "j")


def _before(index: Index) -> Index:
    return Index(index.moving, index.offset - 1, index.letter)


def _decimal(upper: str, lower: str) -> str:
    return upper if lower == "1" else repr(int(upper) / int(lower))


def _index(index: Index, minus: str) -> str:
    if not index.moving:
        return str(index.offset)
    sign = "+" if index.offset > 0 else minus
    return index.letter + (f"{sign}{abs(index.offset)}" if index.offset else "")


def _sub(index: str) -> str:
    return f"_{index}" if len(index) == 1 else f"_{{{index}}}"


def _unicode_at(name: str, now: str, before: str) -> str:
    x = f"x{_sub(now)}"
    known = {
        "value": f"f({x})",
        "step2": f"‖{x} − x{_sub(before)}‖²",
        "step": f"‖{x} − x{_sub(before)}‖",
        "grad2": f"‖∇f({x})‖²",
        "grad": f"‖∇f({x})‖",
        "norm2": f"‖{x}‖²",
        "norm": f"‖{x}‖",
    }
    return known.get(name, f"{_GREEK.get(name, name)}{_sub(now)}")


def _unicode_running(how: str, first: str, last: str, of: str) -> str:
    sign = {"sum": "Σ", "mean": "mean", "min": "min", "max": "max"}[how]
    return f"{sign}_{{{first}≤j≤{last}}} {of}"


def _unicode_call(how: str, of: list[str]) -> str:
    if how == "**":
        power = of[1]
        return of[0] + ("²" if power == "2" else f"^{power}" if len(power) == 1 else f"^({power})")
    if how == "abs":
        return f"|{of[0]}|"
    return f"{'√' if how == 'sqrt' else how}({', '.join(of)})"


UNICODE = Style(
    index=lambda i: _index(i, "−"),
    name=lambda name: _GREEK.get(name, name),
    at=_unicode_at,
    running=_unicode_running,
    call=_unicode_call,
    number=lambda text: text,
    expected=lambda of, past: f"E[{of} | the past to x{_sub(past)}]",
    signs={"+": " + ", "-": " − ", "*": "·", "/": "/", "<=": "≤", ">=": "≥", "<": "<", ">": ">",
           "==": "="},
)  # fmt: skip


def _tex_number(text: str) -> str:
    digits, sign, power = text.partition("e")
    if not sign:
        return text
    scale = f"10^{{{int(power)}}}"
    return scale if digits == "1" else rf"{digits}\cdot {scale}"


def _tex_name(name: str) -> str:
    if name == "fstar":
        return r"{f^{\star}}"
    if name in _GREEK:
        return _TEX.get(name, rf"\{name}")
    plain = name.replace("_", r"\_")
    return plain if len(name) == 1 else rf"\mathrm{{{plain}}}"


def _tex_at(name: str, now: str, before: str) -> str:
    x, e = f"x_{{{now}}}", f"x_{{{now}}}-x_{{{before}}}"
    known = {
        "value": f"f({x})",
        "step2": rf"\lVert {e}\rVert^2",
        "step": rf"\lVert {e}\rVert",
        "grad2": rf"\lVert\nabla f({x})\rVert^2",
        "grad": rf"\lVert\nabla f({x})\rVert",
        "norm2": rf"\lVert {x}\rVert^2",
        "norm": rf"\lVert {x}\rVert",
    }
    return known.get(name, f"{_tex_name(name)}_{{{now}}}").replace("−", "-")


def _tex_running(how: str, first: str, last: str, of: str) -> str:
    sign = {"sum": r"\sum", "mean": r"\operatorname{mean}", "min": r"\min", "max": r"\max"}[how]
    return rf"{sign}_{{{first}\le j\le {last}}}{of}"


def _tex_call(how: str, of: list[str]) -> str:
    if how == "**":
        return f"{of[0]}^{{{of[1]}}}"
    if how == "sqrt":
        return rf"\sqrt{{{of[0]}}}"
    return rf"\lvert {of[0]}\rvert" if how == "abs" else rf"\{how}({', '.join(of)})"


LATEX = Style(
    index=lambda i: _index(i, "-"),
    name=_tex_name,
    at=_tex_at,
    running=_tex_running,
    call=_tex_call,
    number=_tex_number,
    expected=lambda of, past: rf"\mathbb E[{of}\mid\mathcal F_{{{past}}}]",
    signs={"+": "+", "-": "-", "*": r"\,", "/": "/", "<=": r"\le ", ">=": r"\ge ", "<": "<",
           ">": ">", "==": "="},
)  # fmt: skip


def typeset(said: Statement, given: Iterable[Statement] = ()) -> str:
    """A claim in LaTeX with its monitored hypotheses."""
    conditions = ", ".join(mathematics(replace(one, over=Range()), LATEX) for one in given)
    return mathematics(said, LATEX) + (rf"\quad \text{{given }}{conditions}" if conditions else "")


def mathematics(said: Statement, style: Style = UNICODE) -> str:
    """A claim in a style; LaTeX says of which k where these are not all from 1 on."""
    sign = style.signs[said.sign]
    gap = " " if style is UNICODE else ""
    formula = f"{written(said.lhs, style)}{gap}{sign}{gap}{written(said.rhs, style)}"
    if style is UNICODE:
        return f"{formula}, {_quantifier(said.over)}"
    return formula if said.over == Range() else rf"{formula}\quad {_tex_quantifier(said.over)}"


def _tex_quantifier(over: Range) -> str:
    if over.blocks:
        return r"\text{for each update }j\text{ of a block}"
    first, last = over.first, over.last
    if over.exists:
        return r"\text{for some }" + _between(over, r"\le ", r"\ge ")
    if last is not None:
        return rf"\text{{for }}k={first},\dots,{last}"
    return rf"\text{{for every }}k\ge {first}"


def _between(over: Range, least: str, most: str) -> str:
    """k, and what is below and above it."""
    if over.last is None:
        return f"k{most}{over.first}" if over.first > 1 else "k"
    return (f"{over.first}{least}" if over.first > 1 else "") + f"k{least}{over.last}"


def _quantifier(over: Range) -> str:
    if over.blocks:
        return "for each update j of a block"
    if over.exists:
        return "for some " + _between(over, " ≤ ", " ≥ ")
    if over.last is not None:
        return f"for k = {over.first}, …, {over.last}"
    return "for every k ≥ 1" if over.first == 1 else f"for every k ≥ {over.first}"
