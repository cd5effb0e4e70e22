"""A web server on this machine that answers as badly as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """``files`` to serve, and how: faults are used up one a request, then all goes well.

    Faults: "cut" (half of what was announced), "drop" (no answer), "503", "404",
    "416", "endless" (no length, more than anyone wants), "elsewhere" (a part that was
    not asked for), "vague" (a part without saying which).
    """

    files: dict[str, bytes]
    faults: list[str] = field(default_factory=list)
    ranges: bool = True
    announce: bool = True
    base: str = ""
    requests: list[str | None] = field(default_factory=list)


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.headers.get("Range"))
            fault = site.faults.pop(0) if site.faults else ""
            if fault == "drop":
                self.close_connection = True
                return
            if fault in ("503", "404", "416"):
                self.send_error(int(fault))
                return
            self.answer(site.files[self.path.lstrip("/")], fault)

        def answer(self, content: bytes, fault: str) -> None:
            wanted = self.headers.get("Range")
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if fault == "elsewhere":
                start += 1
            body = content[start:] if site.ranges and start else content
            self.send_response(206 if site.ranges and start else 200)
            if site.ranges and start and fault != "vague":
                span = f"bytes {start}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
            if site.announce and fault != "endless":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fault == "cut":
                body = body[: len(body) // 2]
            if fault == "endless":
                body = bytes(2**22)
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    site.base = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
