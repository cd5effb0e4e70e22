"""``python -m proofs``."""

from amverify.command.entry import enter

if __name__ == "__main__":
    enter("proofs.cli")
