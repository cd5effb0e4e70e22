"""``python -m proofs``."""

from amverify.entry import enter

if __name__ == "__main__":
    enter("proofs.cli")
