"""Looks for planted values where none may be: on the disk, in the log, in the metrics, in a core file.

What is planted is what the server gives back at the end: every value of every secret that the suites left, whatever client
put it there.
"""

import base64
import os
import random
import shutil
import struct
import subprocess
import tempfile
import urllib.request

SHORTEST = 12             # shorter ones are words that names and answers may hold
LARGE = 64 << 20
SAMPLED = 6
PLAIN = ("env", "ca.pem")  # of the server's folder: what the suites themselves are told


def values_of(wire):
    """The values of every secret of the account, all versions."""
    found, page = set(), 1
    while True:
        listed = wire.ok("ListSecrets", {"PageNumber": str(page), "PageSize": "100"})
        secrets = listed["SecretList"]["Secret"]
        for secret in secrets:
            found |= versions_of(wire, secret["SecretName"])
        if page * 100 >= listed["TotalCount"] or not secrets:
            return found
        page += 1


def versions_of(wire, name):
    found = set()
    listed = wire.acs3("ListSecretVersionIds", {"SecretName": name, "IncludeDeprecated": "true"})
    if listed.status != 200:
        return found
    for version in listed.json["VersionIds"]["VersionId"]:
        answer = wire.acs3("GetSecretValue", {"SecretName": name, "VersionId": version["VersionId"]})
        if answer.status == 200:
            found.add(answer.json["SecretData"].encode())
    return found


def forms_of(value):
    """A value as it may lie about: itself, its Base64, and of a binary one the bytes."""
    forms = {value, base64.b64encode(value).rstrip(b"=")[:-1]}
    try:
        forms.add(base64.b64decode(value, validate=True))
    except ValueError:
        pass
    return {form for form in forms if len(form) >= SHORTEST}


def core_of(pid, folder):
    if shutil.which("gcore"):
        subprocess.run(["gcore", "-o", os.path.join(folder, "core"), str(pid)], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)


def files_below(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names]


def searched_parts(content):
    """Of a core file its memory segments (PT_LOAD), else everything.

    The notes hold registers: what a thread copied last stays in its vector registers until it copies something else.
    """
    if content[:4] != b"\x7fELF":
        return [(0, len(content))]
    table, = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    parts = []
    for number in range(count):
        kind, _, start = struct.unpack_from("<IIQ", content, table + number * size)
        length, = struct.unpack_from("<Q", content, table + number * size + 32)
        if kind == 1:
            parts.append((start, start + length))
    return parts


def holders(paths, needles):
    """path: how many of the needles it holds, for those that hold any."""
    found = {}
    for path in paths:
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            content = file.read()
        # A core is too large to look through for hundreds: a few, chosen by chance each time.
        wanted = needles if len(content) < LARGE else random.sample(sorted(needles), min(len(needles), SAMPLED))
        parts = searched_parts(content)
        count = sum(any(content.find(needle, *part) >= 0 for part in parts) for needle in wanted)
        if count:
            found[path] = count
    return found


def look(server, wire):
    """How many values were looked for, and where any of them was found."""
    needles = {form for value in values_of(wire) for form in forms_of(value)}
    with urllib.request.urlopen(server.env["STRONGROOM_METRICS_URL"], timeout=10) as answer:
        metrics = answer.read()
    cores = tempfile.mkdtemp(prefix="strongroom-core-")
    try:
        core_of(server.process.pid, cores)
        paths = [path for path in files_below(server.work) + files_below(server.data) + files_below(cores)
                 if os.path.basename(path) not in PLAIN]
        found = holders(sorted(set(paths)), needles)
    finally:
        shutil.rmtree(cores)
    if any(needle in metrics for needle in needles):
        found["metrics"] = 1
    return len(needles), found
