"""Loans of the example specification, built by hand: what the generated tests of that slice ask for, and no more.

It shows that the tests can be passed, and its mutants (mutants.txt) show that they can be failed. Standard library only.
Catalogue and members belong to other slices; here they are lists of known keys (known.py).
"""

import json
import re
import sys
import uuid
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from known import MEMBERS, TOOLS

TOKEN = "Bearer reference"
LONGEST = 28
MOST_OPEN = 5
LOANS = {}
LOCK = Lock()


class Refused(Exception):
    """An answer that is no success."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def borrow(body):
    """Lends a tool."""
    for field in ("tool_id", "member_id", "days"):
        if field not in body:
            raise Refused(422, f"{field} is missing")
    days = body["days"]
    if not isinstance(days, int) or isinstance(days, bool):
        raise Refused(422, "days is no whole number")
    if days < 1:
        raise Refused(422, "a loan lasts a day at least")
    if days > LONGEST:
        raise Refused(422, "a loan lasts 28 days at most")
    if body["tool_id"] not in TOOLS:
        raise Refused(404, "there is no such tool")
    if body["member_id"] not in MEMBERS:
        raise Refused(404, "there is no such member")
    if any(loan["tool_id"] == body["tool_id"] for loan in open_loans()):
        raise Refused(409, "the tool is on loan")
    mine = [loan for loan in open_loans() if loan["member_id"] == body["member_id"]]
    if len(mine) >= MOST_OPEN:
        raise Refused(409, "the member has five open loans")
    loan = {
        "id": str(uuid.uuid4()),
        "tool_id": body["tool_id"],
        "member_id": body["member_id"],
        "days": days,
        "due_on": (date.today() + timedelta(days=days)).isoformat(),
        "returned_on": None,
    }
    LOANS[loan["id"]] = loan
    return 201, loan


def open_loans():
    """The loans whose tools are not back."""
    return [loan for loan in LOANS.values() if loan["returned_on"] is None]


def find(key):
    """A loan by its key."""
    if key not in LOANS:
        raise Refused(404, "there is no such loan")
    return LOANS[key]


def give_back(key):
    """Takes a tool back."""
    loan = find(key)
    if loan["returned_on"] is not None:
        raise Refused(409, "the loan is closed")
    loan["returned_on"] = date.today().isoformat()
    return 200, loan


class Handler(BaseHTTPRequestHandler):
    """Routes requests."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, method):
        """Answers one request."""
        length = int(self.headers.get("Content-Length", 0))
        raw = self.rfile.read(length)
        try:
            if self.headers.get("Authorization") != TOKEN:
                raise Refused(401, "a token is needed")
            with LOCK:
                status, body = self.route(method, raw)
        except Refused as refused:
            status, body = refused.status, {"error": str(refused)}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def route(self, method, raw):
        """Finds what answers."""
        if method == "POST" and self.path == "/loans":
            return borrow(json.loads(raw))
        if method == "GET" and (found := re.fullmatch(r"/loans/([^/]+)", self.path)):
            return 200, find(found[1])
        if method == "POST" and (found := re.fullmatch(r"/loans/([^/]+)/return", self.path)):
            return give_back(found[1])
        raise Refused(404, "there is nothing here")

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def log_message(self, *_):
        """Says nothing."""


if __name__ == "__main__":
    # thirty-two testers knock at once; the default queue of five turns some away
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()  # ends with the test that started it
