"""Fetch one published file: resumable, bounded, verified, and only then given its name.

What has arrived lives in memory (no file is larger than its stated limit) and is mirrored
to ``NAME.HASH.part`` in the cache, so that an interrupted download goes on where it stopped
(HTTP ``Range``). A cache that cannot be written costs the next run a download and this run
nothing: the mirror is dropped with one line, and the bytes in memory are used.

    absent ──▶ .part grows ──▶ complete ──▶ hash agrees ──▶ fsync, rename ──▶ cached
                 ▲    │ broken off             │ hash differs
                 └────┘ resume                 └──▶ once more from byte 0, then CorruptFile
"""

from __future__ import annotations

import contextlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from amverify.errors import CorruptFile, DataUnavailable
from repro.data.partial import PartialFile
from repro.data.upstream import UpstreamFile, git_blob_sha1

ProgressHook = Callable[[str, int, int | None], None]
"""Called with (file name, bytes so far, bytes in all or None if unknown)."""

_ATTEMPTS = 4
_TIMEOUT_SECONDS = 20.0
_PAUSE_SECONDS = 0.2
_CHUNK_BYTES = 1 << 16
_PASSING = range(500, 600)
_ADVICE = "published file; is there a proxy in between? Try again, or get it by another way"


class _BrokenOff(Exception):
    """The transfer stopped early; what arrived is kept and another attempt may go on."""


def fetch(file: UpstreamFile, cache: Path, progress: ProgressHook | None = None) -> bytes:
    """Return the verified content of ``file`` from its address, and cache it if possible.

    Where the address does not deliver, or delivers something else, its mirrors are asked in turn.

    Raises DataUnavailable (message: the reason alone, to be completed by the caller) when
    no address delivers, CorruptFile when the last delivers something else.
    """
    *others, last = (replace(file, url=url) for url in (file.url, *file.mirrors))
    for address in others:
        with contextlib.suppress(DataUnavailable, CorruptFile):
            return _fetch(address, cache, progress)
    return _fetch(last, cache, progress)


def _fetch(file: UpstreamFile, cache: Path, progress: ProgressHook | None) -> bytes:
    """From this address, after some attempts; raises as :func:`fetch` does."""
    reason = ""
    with PartialFile(cache, file) as partial:
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(_PAUSE_SECONDS * 2**attempt)
            resumed = len(partial.content) > 0
            try:
                if len(partial.content) != file.size:
                    _transfer(file, partial, progress)
            except _BrokenOff as error:
                reason = str(error)
                continue
            if git_blob_sha1(bytes(partial.content)) == file.sha1:
                return partial.finish()
            partial.clear()
            if not resumed:
                raise CorruptFile(f"{file.url}: delivers something other than the {_ADVICE}")
            reason = "what was resumed is not the published file"
    raise DataUnavailable(f"downloading {file.url} failed {_ATTEMPTS} times ({reason})")


def _transfer(file: UpstreamFile, partial: PartialFile, progress: ProgressHook | None) -> None:
    """Append the missing bytes to ``partial``; return when all that was announced is there."""
    offset = len(partial.content)
    with _open(file, partial) as response:
        start, total = _extent(response)
        if start != offset:
            partial.clear()
        if start not in (0, offset):
            raise _BrokenOff("the server did not resume where it was asked to")
        _check_limit(file, partial, total or 0)
        try:
            while chunk := response.read(_CHUNK_BYTES):
                partial.append(chunk)
                _check_limit(file, partial, len(partial.content))
                if progress is not None:
                    progress(file.name, len(partial.content), total or file.size)
        except (OSError, http.client.HTTPException) as error:
            raise _BrokenOff(f"broken off: {error}") from error
    if len(partial.content) < (total or file.size or 0):
        raise _BrokenOff(f"broken off after {len(partial.content)} bytes")


def _open(file: UpstreamFile, partial: PartialFile) -> http.client.HTTPResponse:
    """Ask for the bytes that are missing."""
    request = urllib.request.Request(file.url, headers={"User-Agent": "amverify"})
    if partial.content:
        request.add_header("Range", f"bytes={len(partial.content)}-")
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(
            request, timeout=_TIMEOUT_SECONDS
        )
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            partial.clear()
        elif error.code not in _PASSING:
            raise DataUnavailable(f"{file.url} answers {error.code} {error.reason}") from error
        raise _BrokenOff(f"the server answers {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        why = getattr(error.reason, "strerror", None) or error.reason
        raise DataUnavailable(f"{file.url} cannot be reached ({why})") from error
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenOff(f"no answer: {error or type(error).__name__}") from error
    return response


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """Return (first byte delivered, bytes of the whole file or None) of an answer.

    The first byte is -1 when the server sends a part without saying which.
    """
    if response.status == HTTPStatus.PARTIAL_CONTENT:
        stated = re.fullmatch(
            r"bytes (\d{1,18})-\d+/(\d{1,18}|\*)", response.headers.get("Content-Range", "")
        )
        if stated is None:
            return -1, None
        return int(stated[1]), None if stated[2] == "*" else int(stated[2])
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if re.fullmatch(r"\d{1,18}", length) else None


def _check_limit(file: UpstreamFile, partial: PartialFile, size: int) -> None:
    if size > file.limit:
        partial.clear()
        raise CorruptFile(
            f"{file.url}: delivers more than the {file.limit} bytes expected of the {_ADVICE}"
        )
