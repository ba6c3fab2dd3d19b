"""The disk of the audit log fills up: warnings at 70, 85 and 95 %, then no value leaves; with room again everything goes on."""

import ctypes
import errno
import functools
import json
import os
import shutil

from strongroom_e2e import audit_log, waiting
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.wire import Wire

CMS = "2019-01-01"
WAIT_SECONDS = 40
until = functools.partial(waiting.until, seconds=WAIT_SECONDS)
DISK_BYTES = 96 << 20
CALLS_MAX = 30_000
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 1 << 18

suite = Suite("full-disk")
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags, data):
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mount {target}")


def small_disk(path):
    """A file system of its own that only this process and what it starts can see."""
    if libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", "", MS_REC | MS_PRIVATE, "")
    mount("tmpfs", path, "tmpfs", 0, f"size={DISK_BYTES},mode=0700")


class Ballast:
    def __init__(self, folder):
        self.path = os.path.join(folder, "ballast")
        self.folder = folder

    def fill(self, percent):
        """So much of the disk is taken then."""
        disk = os.statvfs(self.folder)
        more = disk.f_blocks * percent // 100 - (disk.f_blocks - disk.f_bavail) + 1
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            for _ in range(more):
                os.write(file, b"\0" * disk.f_frsize)
        except OSError as error:
            equal(error.errno, errno.ENOSPC)
        finally:
            os.close(file)

    def remove(self):
        os.remove(self.path)


def warnings(wire):
    answer = wire.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": "AuditLog:DiskUsage:Reminder"}, version=CMS)
    return {event["Level"]: json.loads(event["Content"]) for event in answer["SystemEvents"]["SystemEvent"]}


def read(wire):
    return wire.acs3("GetSecretValue", {"SecretName": "full"})


def fill_and_empty(server, audit):
    wire, ballast, served = Wire.from_env(server.env), Ballast(audit), []
    wire.ok("CreateSecret", {"SecretName": "full", "VersionId": "v1", "SecretData": "value"})
    read(wire)  # the segment of reads has its room from now on
    for percent, level in ((71, "INFO"), (86, "WARN"), (96, "CRITICAL")):
        with suite.case("DescribeSystemEventAttribute", f"{level} from {percent - 1} % on"):
            ballast.fill(percent)
            until(lambda wanted=level: wanted in warnings(wire), level)
            equal(warnings(wire)[level]["percent"], percent - 1)
            equal(read(wire).status, 200)
    with suite.case("GetSecretValue", "503 once its record cannot be kept, never a value without a record"):
        ballast.fill(100)
        refused = None
        for at in range(CALLS_MAX):
            # Large records, so that the room that was set apart is used up soon.
            wire.acs3("GetSecretValue", {"SecretName": "absent" * 300})
            answer = read(wire) if at % 20 == 0 else None
            if answer and answer.status != 200:
                refused = answer
                break
            if answer:
                served.append(answer.json["RequestId"])
        assert refused, f"{CALLS_MAX} calls on a full disk"
        equal((refused.status, refused.json["Code"]), (503, "ServiceUnavailableTemporary"))
        assert "SecretData" not in refused.json, refused.json
    with suite.case("GetSecretValue", "with room again reads go on, and no record of one that was served is missing"):
        ballast.remove()
        until(lambda: read(wire).status == 200, "a read")
        last = wire.ok("GetSecretValue", {"SecretName": "full"})["RequestId"]
        audit_log.entry_of(server.data, last)
        recorded = {entry.get("request_id") for entry in audit_log.entries(server.data)}
        missing = [one for one in served if one not in recorded]
        equal(len(missing), 0, "missing records")


def main():
    server = Server(arguments=["--set", "server.io_threads=1"])
    audit = os.path.join(server.data, "audit")
    os.makedirs(audit, mode=0o700)
    os.chmod(server.data, 0o700)
    try:
        try:
            small_disk(audit)
        except OSError as error:
            suite.record("-", f"left out, nobody may mount a file system here: {error}", True)
            return
        with server:
            fill_and_empty(server, audit)
    finally:
        server.kill()
        libc.umount2(audit.encode(), 2)
        shutil.rmtree(server.work, ignore_errors=True)


main()
suite.finish()
