"""Which files make up a data set, where they come from and how to know them again.

``upstream.json`` names each file at a fixed commit of the repository that published it,
with git's own identity of its content: the SHA-1 of ``blob <size>\\0`` + content. Whoever
has the repository can check our table with ``git ls-tree``, and a file from anywhere else
(a mirror, a colleague) is as good as the original once that hash agrees.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple

from amverify.errors import CorruptFile

_LONGEST = 300
"""Characters of a library's message: some quote what they met, be it kilobytes."""


@dataclass(frozen=True)
class UpstreamFile:
    """One published file. ``size`` in bytes, None where the publisher states none.

    ``unzipped`` is the SHA-256 of what a gzipped file holds, where a file that was zipped
    anew, or not at all, is as good as the published one. ``mirrors`` are further addresses, asked
    one after the other where ``url`` does not deliver.
    """

    url: str
    sha1: str
    size: int | None
    largest: int
    unzipped: str | None = None
    mirrors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the file without folders."""
        return self.url.rsplit("/", 1)[-1]

    @property
    def limit(self) -> int:
        """Bytes beyond which nothing is read: the published size, else ``largest``."""
        return self.largest if self.size is None else self.size


@dataclass(frozen=True)
class Source:
    """The files of one data set, the page that has them, the usual folder for them.

    ``system`` is where a package of the operating system puts them, if there is one; ``bundle`` a
    file that holds what all of them hold.
    """

    page: str
    folder: str
    files: tuple[UpstreamFile, ...]
    system: str | None = None
    bundle: str | None = None


Manifest = Mapping[str, Source]


class VerifiedFile(NamedTuple):
    """Content whose hash agreed, and the path or address where it was found."""

    where: str
    content: bytes


@contextmanager
def reading(file: VerifiedFile) -> Iterator[bytes]:
    """Yield the content of ``file``; a ValueError on the way names the file as corrupt."""
    try:
        yield file.content
    except (ValueError, MemoryError) as error:
        why = " ".join(str(error).split())[:_LONGEST] or "it needs more memory than there is"
        raise CorruptFile(f"{file.where}: {why}; replace it by the published file") from error


def git_blob_sha1(content: bytes) -> str:
    """Return git's name of a file with this content: SHA-1 of ``blob <size>\\0`` + content."""
    header = f"blob {len(content)}\0".encode("ascii")
    return hashlib.sha1(header + content, usedforsecurity=False).hexdigest()


def published_manifest() -> Manifest:
    """Read the table of published files that is shipped with the package."""
    table = json.loads(files("repro.data").joinpath("upstream.json").read_text("utf-8"))
    largest = int(table["largest_bytes"])
    return {
        name: Source(
            page=entry["page"],
            folder=entry["folder"],
            files=tuple(
                UpstreamFile(
                    f["url"],
                    f["sha1"],
                    f["bytes"],
                    largest,
                    f.get("unzipped_sha256"),
                    tuple(f"{m}/{f['url'].rsplit('/', 1)[-1]}" for m in entry.get("mirrors", ())),
                )
                for f in entry["files"]
            ),
            system=entry.get("system"),
            bundle=entry.get("bundle"),
        )
        for name, entry in table["datasets"].items()
    }
