"""``python -m proofs``, and the command ``amverify-proofs``."""

from amverify.console.entry import enter


def run() -> None:
    """The command ``amverify-proofs``."""
    enter("proofs.command.cli")


if __name__ == "__main__":
    run()
