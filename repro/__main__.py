"""``python -m repro``."""

from amverify.entry import enter

if __name__ == "__main__":
    enter("repro.cli")
