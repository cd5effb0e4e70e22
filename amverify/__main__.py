"""``python -m amverify``, and the command ``amverify``."""

from amverify.console.entry import enter


def run() -> None:
    """The command ``amverify``."""
    enter("amverify.command.cli")


if __name__ == "__main__":
    run()
