"""``python -m amverify``, and the command ``amverify``."""

import sys

from amverify.cli import main


def run() -> None:
    """The command ``amverify``."""
    sys.exit(main())


if __name__ == "__main__":
    run()
