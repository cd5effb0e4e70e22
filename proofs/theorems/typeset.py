r"""The kernel's polynomials as mathematics for LaTeX.

The kernel knows names and powers only, and writes ``2·1/(t)·L·s-L·p2^2 > 0``; a name that stands
for an expression has the signs of that expression by their codes (``_2207_f_5b_0_5d__j`` is
∇f[0]_j). Here names become symbols, quotients fractions, and a line may be broken after every
factor and sign.
"""

from __future__ import annotations

import re

from amverify.shown.latex import escaped, in_mathematics

_GREEK = frozenset(
    {"alpha", "beta", "gamma", "delta", "eta", "theta", "kappa", "lambda", "mu", "nu", "rho"}
    | {"sigma", "tau", "phi", "psi", "omega", "Delta", "Gamma", "Psi"}
)
_CODE = re.compile(r"ǂ([0-9a-f]{2,5})ǂ|_([0-9a-f]{2,4})_")
_FUNCTION = re.compile(r"(\w+?)_at_(\(\w+\)·\w+|[A-Za-z0-9]+)")
_TOKEN = re.compile(
    r"1/(?=\()|>=|<=|\^\[|\^\d+|\d+/\d+|[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*|_[A-Za-z0-9]+|\d+|."
)
_SIGNS = {
    ">=": r"\ge ", "<=": r"\le ", "·": r"\,\allowbreak ", "|": r"\vert ", "√": r"\surd",
    "{": r"\{", "}": r"\}", "_": r"\_", "^": r"\hat{\ }", " ": " ", "#": r"\#", "%": r"\%",
    "&": r"\&", "$": r"\$", "~": r"\sim ", "\\": r"\backslash ",
}  # fmt: skip


def typeset(claim: str) -> str:
    """A relation of the kernel, ``polynomial >= 0``, as what stands between two dollars."""
    return _typeset(_FUNCTION.sub(r"\1(\2)", plain(claim)))


def plain(name: str) -> str:
    """A text with the signs whose codes the kernel's names hold."""
    return _CODE.sub(_decoded, name)


def _decoded(found: re.Match[str]) -> str:
    sign = chr(int(found[1] or found[2], 16))
    return found[0] if found[1] is None and sign.isascii() and sign.isalnum() else sign


def _typeset(text: str) -> str:
    parts: list[str] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            break
        token, at = found[0], found.end()
        if token in ("1/", "^["):
            inside, at = _enclosed(text, at if token == "1/" else at - 1)
            made = _typeset(inside)
            parts.append(f"\\frac{{1}}{{{made}}}" if token == "1/" else f"^{{{made}}}{{}}")
        else:
            parts.append(_token(token))
    return "".join(parts)


def _enclosed(text: str, start: int) -> tuple[str, int]:
    """What is between the bracket at ``start`` and its partner, and where that ends."""
    depth = 0
    for end in range(start, len(text)):
        depth += (text[end] in "([") - (text[end] in ")]")
        if not depth:
            return text[start + 1 : end], end + 1
    return text[start + 1 :], len(text)


def _token(token: str) -> str:
    if token in _SIGNS:
        return _SIGNS[token]
    if token[0] == "^":
        return f"^{{{token[1:]}}}"
    if re.fullmatch(r"\d+/\d+", token):
        return "\\frac{{{}}}{{{}}}".format(*token.split("/"))
    if token[0] == "_" and len(token) > 1:
        return f"_{{{_name(token[1:])}}}"
    if token[0].isascii() and token[0].isalpha():
        base, *below = token.split("_")
        return f"{{{_name(base)}" + (f"_{{{','.join(map(_name, below))}}}}}" if below else "}")
    symbol = in_mathematics(token)
    if symbol is not None:
        return f"{symbol} "
    return token if token.isascii() else f"\\mbox{{{escaped(token)}}}"


def _name(word: str) -> str:
    """A letter, p1 with its number below, a Greek one by its name, a word in italics."""
    numbered = re.fullmatch(r"([A-Za-z]+)(\d+)", word)
    if word in _GREEK:
        return f"\\{word} "
    if numbered and (numbered[1] in _GREEK or numbered[1] in ("p", "r")):
        return f"{{{_name(numbered[1])}_{{{numbered[2]}}}}}"
    return word if len(word) == 1 or word.isdigit() else f"\\mathit{{{word}}}"
