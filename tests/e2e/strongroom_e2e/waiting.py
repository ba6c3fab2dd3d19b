"""Waiting for what the server does by itself."""

import time


def until(found, what, seconds):
    """What `found()` returns, once it is true; an AssertionError that names `what` if that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        result = found()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.1)
