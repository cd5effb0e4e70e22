r"""Plain text as pdfLaTeX sets it: every character, also one that nobody thought of.

``escaped`` takes a line as it is printed on a console, with the field's symbols, and gives LaTeX
that compiles under any class. Long words get places where they may be broken, so that no box is
overfull. ``widest`` says how many points a text takes, near enough to plan a table.
"""

from __future__ import annotations

import re
import unicodedata

_MARKUP = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "—": "---",
    "–": "--",
    "…": r"\ldots{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "\u00a0": "~",
}
MATHEMATICS = {
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ε": r"\varepsilon",
    "ζ": r"\zeta", "η": r"\eta", "θ": r"\theta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda",
    "μ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma",
    "τ": r"\tau", "υ": r"\upsilon", "φ": r"\varphi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega",
    "Γ": r"\Gamma", "Δ": r"\Delta", "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi",
    "Σ": r"\Sigma", "Υ": r"\Upsilon", "Φ": r"\Phi", "Ψ": r"\Psi", "Ω": r"\Omega",
    "ϑ": r"\vartheta", "ϕ": r"\phi", "ϵ": r"\epsilon", "ℓ": r"\ell", "∂": r"\partial",
    "∇": r"\nabla", "∞": r"\infty", "∅": r"\emptyset", "√": r"\surd", "‖": r"\Vert",
    "⟨": r"\langle", "⟩": r"\rangle", "⌈": r"\lceil", "⌉": r"\rceil", "⌊": r"\lfloor",
    "⌋": r"\rfloor", "±": r"\pm", "×": r"\times", "·": r"\cdot", "∘": r"\circ", "⊙": r"\odot",
    "−": "-", "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "∝": r"\propto",
    "≪": r"\ll", "≫": r"\gg", "⪯": r"\preceq", "⪰": r"\succeq", "≺": r"\prec", "≻": r"\succ",
    "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "⊆": r"\subseteq", "∩": r"\cap", "∪": r"\cup",
    "∖": r"\setminus", "→": r"\to", "←": r"\leftarrow", "↦": r"\mapsto", "⇒": r"\Rightarrow",
    "⇔": r"\Leftrightarrow", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg", "∧": r"\wedge",
    "∨": r"\vee", "∑": r"\sum", "∏": r"\prod", "⋯": r"\cdots", "⊤": r"\top", "ᵀ": r"^{\top}",
    "°": r"^{\circ}", "′": r"'", "″": r"''", "½": r"\frac12", "¼": r"\frac14", "¾": r"\frac34",
    "ℝ": r"\mathrm{R}", "ℕ": r"\mathrm{N}", "ℚ": r"\mathrm{Q}", "ℤ": r"\mathrm{Z}",
    "𝓡": r"\mathcal{R}", "û": r"\hat u", "ũ": r"\tilde u", "ĝ": r"\hat g",
    "⊘": r"\oslash", "✓": r"\surd", "✗": r"\times", "≡": r"\equiv", "∥": r"\Vert", "†": r"\dagger",
}  # fmt: skip
"""Symbols of the field, in mathematics."""
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵏⁱ", "0123456789+-nki", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₙₖᵢⱼ", "0123456789+-nkij", strict=True))
_BREAKS = "/_=,;:…·+-−)"
LONG, PIECE = 12, 40.0
"""A word of more characters may be broken after such a sign, and after so many points."""


def escaped(text: str) -> str:
    """``text`` on one line, for LaTeX with no package."""
    return " ".join(_word(word) for word in text.split())


_SCRIPT = re.compile(
    r"(\^(?:\{[^{}^_]+\}|\w)|(?<=[^\W\d_])_(?:\{[^{}^_]+\}|[A-Za-z0-9](?![A-Za-z0-9_])))"
)
"""x^k, x^{k+1}, x_i, x_{k-1}; not value_error."""


def _word(word: str) -> str:
    """Every second part is a script."""
    parts = _SCRIPT.split(word)
    return "".join(_script(p) if i % 2 else _plain(p, word) for i, p in enumerate(parts))


def _script(part: str) -> str:
    inside = part[1:].strip("{}")
    set_ = (
        c if c.isascii() and (c.isalnum() or c in "+-=,()/*") else in_mathematics(c) or ""
        for c in inside
    )
    return f"${part[0]}{{{' '.join(set_)}}}$"


def _plain(text: str, word: str) -> str:
    long = len(word) > LONG
    parts, piece = [], ""
    for sign in text:
        parts.append(symbol(sign))
        piece += sign
        if long and (sign in _BREAKS or widest(piece) > PIECE):
            parts.append(r"\allowbreak{}")
            piece = ""
    return "".join(parts)


def symbol(sign: str) -> str:
    """One character in text."""
    if sign in _MARKUP:
        return _MARKUP[sign]
    if sign.isascii():
        return sign if sign.isprintable() else " "
    mathematics = in_mathematics(sign)
    return f"${mathematics}$" if mathematics is not None else _spelt(sign)


def in_mathematics(sign: str) -> str | None:
    """One character in mathematics; None where it is none of the field's symbols."""
    if sign in _RAISED:
        return f"^{{{_RAISED[sign]}}}"
    if sign in _LOWERED:
        return f"_{{{_LOWERED[sign]}}}"
    return MATHEMATICS.get(sign)


def _spelt(sign: str) -> str:
    """A letter with its accent, which pdfLaTeX knows; else what is ASCII in it, or a code."""
    if "\u00c0" <= sign <= "\u017e" and sign not in "×÷":
        return sign
    if unicodedata.combining(sign):
        return ""
    plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
    return "".join(map(symbol, plain)) or f"[U+{ord(sign):04X}]"


_NARROW, _WIDE = frozenset("iljtfr.,;:|!'()[]/ I"), frozenset("mwMW%@—…±×≤≥−+=<>")
_EM = {"narrow": 0.34, "wide": 0.86, "capital": 0.76, "other": 0.54}


def widest(text: str, size: float = 8.0) -> float:
    """Points that ``text`` takes in Computer Modern of this size, rather too many than too few."""
    total = 0.0
    for sign in text:
        if sign in _NARROW:
            total += _EM["narrow"]
        elif sign in _WIDE or not sign.isascii():
            total += _EM["wide"]
        else:
            total += _EM["capital" if sign.isupper() else "other"]
    return total * size * 1.03
