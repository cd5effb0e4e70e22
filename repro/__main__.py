"""``python -m repro``, and the command ``amverify-repro``."""

from amverify.console.entry import enter


def run() -> None:
    """The command ``amverify-repro``."""
    enter("repro.command.cli")


if __name__ == "__main__":
    run()
