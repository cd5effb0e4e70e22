"""``amverify falsify``: what can be asked of a search for a counterexample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from amverify.command.completion import ids
from amverify.console.application import Quiet, examples
from amverify.errors import InvalidInput

EXAMPLES = examples(
    "amverify falsify --claim 'value[k] <= value[k-1]' --method gradient_descent "
    "--family quadratic --parameter eta=2.05/L",
    "amverify falsify --claim 'value[k] <= value[k-1]' --method my_steps:step "
    "--family finite_sum --seconds 30 --save counterexample.json",
    "amverify falsify --theorem T1 --without modulus --method blocks "
    "--parameter modulus=0.9 --examples 50",
    "amverify falsify --replay counterexample.json",
    after="Exit status: 1 falsified, 0 survived (no proof), 2 bad input; the others as for "
    "amverify audit. Ctrl-C ends the search (130), and keeps what it found.",
)


def falsify(
    claim: Annotated[
        str, typer.Option(metavar="TEXT", help="A claim as text: 'value[k] <= value[k-1]'.")
    ] = "",
    theorem: Annotated[
        str,
        typer.Option(metavar="ID", help="A theorem instead.", autocompletion=ids),
    ] = "",
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A hypothesis of the theorem to leave out; may be repeated."
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="NAME|module:function",
            help="gradient_descent, heavy_ball, nesterov, proximal_gradient, adam, amsgrad, "
            "cyclic_adam; a function step(x, grad, state); or a class such as torch.optim:Adam. Of "
            "a theorem: blocks, gd_trace, trained_blocks, same_batch, tiam_band, palm_band.",
        ),
    ] = "",
    family: Annotated[
        str, typer.Option(metavar="NAME", help="Of the instances: quadratic, power, …")
    ] = "quadratic",
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="Of the method: a number, a formula (eta=1/L) or a range that is searched "
            "(beta=0..0.9); may be repeated.",
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="A hypothesis of the claim that is monitored."),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=NUMBER", help="A constant of the claim; may be repeated."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, metavar="N", help="Of each run.")] = 10,
    instances: Annotated[
        int | None,
        typer.Option("--examples", min=1, metavar="N", help="At most so many; 1000 by default."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, metavar="SECONDS", help="At most so long.")
    ] = None,
    step_seconds: Annotated[
        float, typer.Option(min=0.01, metavar="SECONDS", help="That one step may take.")
    ] = 10.0,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Of the search.")] = 0,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the counterexample as JSON.")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Decide a counterexample again.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Look for an instance on which a claim fails for certain; survival is no proof."""
    from amverify.command.falsifying import Asked, again, falsified

    if replay is not None:
        raise typer.Exit(again(replay, method, quiet))
    if not method or bool(claim) == bool(theorem):
        lack = "--claim or --theorem" if method else "--method"
        twice = "one of --claim and --theorem, not both" if claim and theorem else ""
        raise InvalidInput(f"falsify: {twice or lack + ' is missing (or --replay FILE)'}")
    texts = tuple(parameter or ()), tuple(given or ()), tuple(constant or ())
    limits = instances, seconds, step_seconds
    asked = Asked(
        claim or theorem, method, family, *texts, steps, seed, *limits, tuple(without or ())
    )
    raise typer.Exit(falsified(asked, save, quiet))
