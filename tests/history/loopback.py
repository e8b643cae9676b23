"""A GeoReport server on the loopback that plays what servers do, and is asked by `history.fetch`."""

from __future__ import annotations

import csv
import json
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from civicconnect import history
from civicconnect.history.windows import read, written

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
YEAR = START - timedelta(days=365)


class Town:
    """A GeoReport server on the loopback, and what it was asked.

    rows         (instant, id), the newest first as GeoReport has it
    limit        rows of an answer, where nobody asks for fewer
    oldest       whether the oldest come first instead
    behind       what stands behind the last page: nothing, the "last" one again, or the "first"
    faults       what to answer instead, by the number of the question: a function of the handler
    """

    def __init__(self, times, *, limit=1000, pages=True, dates=True, by_day=False, form="json",
                 oldest=False, behind=""):
        self.rows = sorted(((at, f"R-{n}") for n, at in enumerate(times)), reverse=not oldest)
        self.behind = behind
        self.limit, self.pages, self.dates, self.by_day, self.form = limit, pages, dates, by_day, form
        self.asked, self.agents, self.faults, self.base = [], [], {}, ""

    def answer(self, query):
        start, end = read(query["start_date"]), read(query["end_date"])
        if end - start > timedelta(days=90):
            return 400, [{"code": 400, "description": "Ask for 90 days at most."}]
        if self.by_day:
            start, end = start.replace(hour=0, minute=0, second=0), end.replace(hour=23, minute=59, second=59)
        found = [row for row in self.rows if not self.dates or start <= row[0] <= end]
        if self.pages:
            size = min(int(query["page_size"]), self.limit)
            first, last = (int(query["page"]) - 1) * size, max(len(found) - 1, 0) // size * size
            if first > last and self.behind:
                first = last if self.behind == "last" else first % (last + size)
            return 200, [told(*row) for row in found[first:first + size]]
        return 200, [told(*row) for row in found[:self.limit]]


def told(at, id_):
    return {"service_request_id": id_, "status": "open", "service_name": "Pothole",
            "requested_datetime": written(at), "description": "a, \"b\"\nc", "email": "ada@example.org"}


def as_xml(found):
    kind, one = ("errors", "error") if found and "code" in found[0] else ("service_requests", "request")
    inner = "".join(f"<{one}>" + "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in row.items()) + f"</{one}>"
                    for row in found)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{kind}>{inner}</{kind}>'


def send(handler, status, body, kind="application/json", **headers):
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def open_town(*times, proof=None, **how):
    """Yield a server that answers while the block runs.

    proof    files of a certificate and its key, for https
    """
    town = Town(times, **how)

    class Counter(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802  the library's name
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            town.asked.append((parts.path, query))
            town.agents.append(self.headers["User-Agent"])
            if fault := town.faults.get(len(town.asked)):
                fault(self)
            elif not parts.path.endswith(f"/requests.{town.form}"):
                send(self, 404, b"<html>Not here</html>", "text/html")
            else:
                status, found = town.answer(query)
                body = json.dumps(found) if town.form == "json" else as_xml(found)
                send(self, status, body.encode())

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Counter) as server:
        if proof:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(*proof)
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        scheme, host = ("https", "localhost") if proof else ("http", "127.0.0.1")
        town.base = f"{scheme}://{host}:{server.server_port}/open311/v2"
        try:
            yield town
        finally:
            server.shutdown()
            thread.join()


def ask(town, out, *, progress=lambda _: None, pauses=None, **more):
    endpoint = history.Endpoint(town.base, **{"since": START, "until": END} | more)
    return history.fetch(endpoint, out, progress, pause=(pauses if pauses is not None else []).append)


def ids(out):
    with out.open(encoding="utf-8", newline="") as text:
        return [row["service_request_id"] for row in csv.DictReader(text)]


def all_of(town):
    return sorted(row[1] for row in town.rows)


def every(hours, *, count, start=START):
    return [start + timedelta(hours=hours) * n + timedelta(minutes=1) for n in range(count)]
