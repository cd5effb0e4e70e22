"""``python -m repro``."""

from amverify.command.entry import enter

if __name__ == "__main__":
    enter("repro.command.cli")
