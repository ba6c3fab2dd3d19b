#!/usr/bin/env python3
"""Makes a sample data directory with the given server: secrets with versions, keys, a RAM user, an audit log, two slots.

Usage: make.py STRONGROOMD OUT.tar.gz. The seal key lies in the archive: nothing in it is secret.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "e2e", "durability")]
from production import TOLD, Serving, free_port  # noqa: E402
from strongroom_e2e.wire import RAM, Wire  # noqa: E402


def fill(wire):
    values = {}
    for i in range(20):
        name, value = f"app/secret-{i}", f"value {i} " + "x" * (i * 37)
        wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": value}, place="form")
        values[name] = value
    for i in range(5):
        name = f"app/secret-{i}"
        values[name] = f"second value {i}"
        wire.ok("PutSecretValue", {"SecretName": name, "VersionId": "v2", "SecretData": values[name]}, place="form")
    key = wire.ok("CreateKey", {})["KeyMetadata"]["KeyId"]
    sealed = wire.ok("Encrypt", {"KeyId": key, "Plaintext": "cGxhaW4="})["CiphertextBlob"]
    wire.ok("CreateUser", {"UserName": "app"}, version=RAM)
    access = wire.ok("CreateAccessKey", {"UserName": "app"}, version=RAM)["AccessKey"]
    wire.ok("AttachPolicyToUser", {"UserName": "app", "PolicyName": "AliyunKMSFullAccess", "PolicyType": "System"}, version=RAM)
    wire.ok("DeleteSecret", {"SecretName": "app/secret-19", "RecoveryWindowInDays": "7"})
    del values["app/secret-19"]
    return {"values": values, "blob": sealed, "plaintext": "cGxhaW4=", "access_key": [access["AccessKeyId"], access["AccessKeySecret"]]}


def main():
    program, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    work = tempfile.mkdtemp(prefix="strongroom-format-")
    try:
        data, key, port = os.path.join(work, "data"), os.path.join(work, "seal.key"), free_port()
        made = subprocess.run([program, "init", "--data", data, "--seal-file", key, "--seal-file-same-disk", *TOLD],
                              capture_output=True, text=True, check=True).stdout
        access = re.search(r"LTAI\w{20}", made).group(0), re.search(r"(?<!\w)(?!LTAI)[A-Za-z0-9]{30}(?!\w)", made).group(0)
        serving = Serving(data, key, port)
        try:
            wire = Wire(f"127.0.0.1:{port}", os.path.join(data, "ca.pem"), *access)
            expected = fill(wire)
            wire.close()
        finally:
            serving.stop()
        expected["root_key"] = list(access)
        with open(os.path.join(work, "expected.json"), "w", encoding="utf-8") as file:
            json.dump(expected, file, indent=1)
        with tarfile.open(out, "w:gz", compresslevel=9) as archive:
            for name in ("data", "seal.key", "expected.json"):
                archive.add(os.path.join(work, name), name, filter=lambda item: None if "/spool/" in item.name else item)
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
