"""What keeps a theorem from being judged: the trace lacks something, or says what cannot be."""

from __future__ import annotations

from amverify.trace.sources import Kind, Source


class Missing(Exception):
    """What the trace lacks; the audit answers UNDECIDED and says what to pass.

    Args:
        what: is missing, in words.
        argument: the call that supplies it.
        of: the kind of run that can have it.
    """

    def __init__(self, what: str, argument: str, of: Kind = "any") -> None:
        super().__init__(f"{what}: {argument}")
        self.what, self.source = what, Source(argument, of)


class Impossible(Missing):
    """What the trace says and no run can have; the audit answers NOT_APPLICABLE."""

    def __str__(self) -> str:
        return self.what
