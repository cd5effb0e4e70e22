"""``python -m paper_figures``, and the command ``amverify-figures``."""

from amverify.console.entry import enter


def run() -> None:
    """The command ``amverify-figures``."""
    enter("paper_figures.command.cli")


if __name__ == "__main__":
    run()
