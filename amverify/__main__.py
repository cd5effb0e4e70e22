"""``python -m amverify``, and the command ``amverify``."""

from amverify.entry import enter


def run() -> None:
    """The command ``amverify``."""
    enter("amverify.cli")


if __name__ == "__main__":
    run()
