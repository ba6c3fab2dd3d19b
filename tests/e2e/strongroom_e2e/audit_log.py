"""Reads the entries of a server's audit log from its files (docs/formats/audit.md)."""

import glob
import json
import os
import struct
import time

SECONDS = 10


def entries(data):
    found = []
    for volume in sorted(glob.glob(os.path.join(data, "audit", "entries", "*"))):
        with open(volume, "rb") as file:
            content = file.read()
        at = 16
        while at + 4 <= len(content):
            size, = struct.unpack_from(">I", content, at)
            if size == 0 or at + 4 + size > len(content):
                break
            found.append(json.loads(content[at + 4:at + 4 + size]))
            at += 4 + size
    return found


def entry_of(data, request_id):
    """The record of one call, once it is in the log."""
    deadline = time.monotonic() + SECONDS
    while True:
        for entry in reversed(entries(data)):
            if entry.get("request_id") == request_id:
                return entry
        if time.monotonic() > deadline:
            raise AssertionError(f"no record of {request_id}")
        time.sleep(0.1)
