"""A proxy in front of the server under test: writes down each request, and answers some of them itself, with a fault.

    faults.py UPSTREAM-PORT PORT-FILE

PUT /-/faults takes a list of faults, [{"method", "path", "times", "status", "headers", "body"}], where `path` is a regular
expression that the path without its query matches, and forgets the requests so far. A fault is over when it has been
answered `times` times. GET /-/requests shows what was asked since then, a line each:

    METHOD PATH STATUS SENT-BY IF-NONE-MATCH

SENT-BY is `server` or `fault`; of a request without If-None-Match the last word is `-`.
"""

import http.client
import http.server
import json
import os
import re
import sys
import threading

OWN = "/-/"
OF_THE_CONNECTION = {"connection", "keep-alive", "transfer-encoding"}
PIECE = 64 << 10


class Book:
    """The faults to come, and the requests that were."""

    def __init__(self):
        self.lock = threading.Lock()
        self.faults, self.lines = [], []

    def begin(self, faults):
        with self.lock:
            self.faults, self.lines = faults, []

    def fault_of(self, method, path):
        with self.lock:
            for fault in self.faults:
                if fault["times"] > 0 and fault["method"] == method and re.fullmatch(fault["path"], path):
                    fault["times"] -= 1
                    return fault
        return None

    def note(self, *words):
        with self.lock:
            self.lines.append(" ".join(map(str, words)))

    def text(self):
        with self.lock:
            return "".join(line + "\n" for line in self.lines)


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    book, upstream = Book(), 0

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if path.startswith(OWN):
            if self.command == "PUT":
                self.book.begin(json.loads(body))
            self.send(200, {"Content-Type": "text/plain"}, self.book.text().encode())
            return
        fault = self.book.fault_of(self.command, path)
        if fault:
            # Written down before it is sent: who has the answer finds the line.
            self.book.note(self.command, path, fault["status"], "fault", self.headers.get("If-None-Match", "-"))
            self.send(fault["status"], fault["headers"], json.dumps(fault["body"]).encode())
        else:
            self.pass_on(path, body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pass_on(self, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            self.book.note(self.command, path, answer.status, "server", self.headers.get("If-None-Match", "-"))
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in OF_THE_CONNECTION:
                    self.send_header(name, value)
            # What has no length, a watch, ends with the connection.
            ends = "Content-Length" in answer.headers or answer.status in (204, 304)
            if not ends:
                self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(PIECE):
                self.wfile.write(piece)
            self.close_connection = self.close_connection or not ends
        finally:
            connection.close()

    def log_message(self, *_):
        pass


def main():
    Proxy.upstream = int(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    # Whole or not at all, since somebody waits for it.
    with open(sys.argv[2] + ".new", "w", encoding="ascii") as file:
        file.write(f"{server.server_port}\n")
    os.rename(sys.argv[2] + ".new", sys.argv[2])
    server.serve_forever()


main()
