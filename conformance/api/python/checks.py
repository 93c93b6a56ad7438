"""Checks of the Python clients: one line each, which api/python.sh hands on."""

import json
import sys
import threading
import time

FAILED = 0


def check(what, wanted, got):
    """The two are equal."""
    global FAILED
    if wanted == got:
        print("ok", what, flush=True)
        return
    FAILED += 1
    print("bad", what)
    print("    wanted:", repr(wanted)[:600])
    print("    got:   ", repr(got)[:600], flush=True)


class Section:
    """What is done together: an exception fails it, and the next section goes on."""

    def __init__(self, what):
        self.what = what

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None or not issubclass(kind, Exception):
            return False
        body = getattr(error, "body", b"") or b""
        check(f"{self.what}: no exception", None, f"{kind.__name__}: {error} {body[:300]!r}")
        return True


def refused(what, status, reason, action):
    """The action raises the client's error, with this status and this reason of the body."""
    try:
        action()
    except Exception as error:  # The two clients have families of their own.
        body = getattr(error, "body", None) or b"{}"
        try:
            told = json.loads(body).get("reason")
        except ValueError:
            told = body
        check(what, (status, reason), (getattr(error, "status", None), told))
        return getattr(error, "body", b"")
    check(what, (status, reason), "no exception")
    return b""


def collect(events, count, limit=20):
    """Reads so many events in a thread of its own; gives the list, which grows, and a function that waits for them."""
    seen = []

    def read():
        try:
            for event in events:
                seen.append(event)
                if len(seen) == count:
                    return
        except Exception as error:
            seen.append({"type": f"{type(error).__name__}: {error}"})

    thread = threading.Thread(target=read, daemon=True)
    thread.start()

    def wait():
        thread.join(limit)
        return seen

    return seen, wait


def until(condition, limit=10):
    """Waits for a condition."""
    deadline = time.monotonic() + limit
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def done():
    sys.exit(1 if FAILED else 0)
