"""Secrets whose target is the cloud itself, through its OpenAPI: an RDS account and a RAM user's AccessKeys, at a small cloud
(tests/support/cloud.py) that checks signatures and has a real database behind it. What a user does, in that order."""

import json
import os
import ssl
import sys
import time
import urllib.parse
import urllib.request
import uuid

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import Wire

sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import cloud as small_cloud  # noqa: E402 pylint: disable=wrong-import-position

suite = Suite("rotation cloud")
OWN = "2026-11-01"
WAIT_SECONDS = 60
OVERLAP = "rotation.overlap_seconds_default=2"


def add(wire, name, kind, facts, options):
    return wire.acs3("AddTarget", {"TargetId": name, "Kind": kind, "Address": f"127.0.0.1:{facts['api_port']}",
                                   "AdminAccount": facts["key_id"], "AdminSecret": facts["password"], "TlsRoots": facts["ca"],
                                   "Options": json.dumps(options)}, version=OWN, place="form")


def value_of(wire, name):
    answer = wire.ok("GetSecretValue", {"SecretName": name})
    return answer["VersionId"], json.loads(answer["SecretData"])


def rotate(wire, name):
    version = "r-" + uuid.uuid4().hex
    wire.ok("RotateSecret", {"SecretName": name, "VersionId": version})
    until(wire, name, lambda: value_of(wire, name)[0] == version)
    # The next one may begin when this one has been tidied up after.
    until(wire, name, lambda: wire.ok("DescribeRotation", {"SecretName": name}, version=OWN)["Phase"] in ("idle", "retire"))
    return value_of(wire, name)[1]


def until(wire, name, condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(str(wire.ok("DescribeRotation", {"SecretName": name}, version=OWN)))
        time.sleep(0.1)


def signs(facts, key_id, secret):
    """What the cloud says to a call signed with the key: an error's code. A key without rights gets NoPermission."""
    host = f"127.0.0.1:{facts['api_port']}"
    headers = {"host": host, "x-acs-action": "ListAccessKeys", "x-acs-version": "2015-05-01", "x-acs-date": small_cloud.now(),
               "x-acs-signature-nonce": uuid.uuid4().hex, "x-acs-content-sha256": small_cloud.hashlib.sha256(b"").hexdigest()}
    query, names = "UserName=app.prod", sorted(headers)
    signature = small_cloud.signature_of("POST", "/", query, headers, names, headers["x-acs-content-sha256"], secret)
    headers["authorization"] = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={';'.join(names)},Signature={signature}"
    request = urllib.request.Request(f"https://{host}/?{query}", data=b"", headers=headers)
    try:
        with urllib.request.urlopen(request, context=ssl.create_default_context(cadata=facts["ca"])):
            return "OK"
    except urllib.error.HTTPError as refused:
        return json.loads(refused.read())["Code"]


with Server(arguments=["--set", "egress.private_hosts=127.0.0.1", "--set", OVERLAP]) as server, Throwaway("cloud") as facts:
    wire = Wire.from_env(server.env)
    login = {"login": f"127.0.0.1:{facts['port']}"}
    with suite.case("AddTarget", "cloud-rds: without a place to log in it is refused, and the reason helps"):
        answer = add(wire, "rm-test", "cloud-rds", facts, {})
        equal(answer.code, "InvalidParameter")
        assert "login=HOST:PORT" in answer.text, answer
    with suite.case("CheckTarget", "cloud-rds: reached with a signed call"):
        equal(add(wire, "rm-test", "cloud-rds", facts, login).status, 200)
        answer = wire.ok("CheckTarget", {"TargetId": "rm-test"}, version=OWN)
        equal(answer["Status"], "done", answer["Message"])
        equal(answer["Server"], "RDS MySQL 8.0, Running")
    with suite.case("RotateSecret", "cloud-rds: an account of RDS, through ResetAccountPassword"):
        wire.ok("CreateSecret", {
            "SecretName": "rds", "VersionId": "v1", "SecretType": "Rds",
            "SecretData": json.dumps({"Accounts": [{"AccountName": "shop", "AccountPassword": "Shop-password-1"}]}),
            "ExtendedConfig": json.dumps({"SecretSubType": "DoubleUsers", "DBInstanceId": "rm-test", "CustomData": {}})})
        accounts = [rotate(wire, "rds")["AccountName"] for _ in range(3)]
        equal(accounts, ["shop_clone", "shop", "shop_clone"])
        dry = wire.ok("InspectRotation", {"SecretName": "rds"}, version=OWN)
        equal((dry["Status"], dry["CurrentLogin"]), ("done", "accepted"), str(dry))
    with suite.case("RotateSecret", "cloud-rds: a call that the cloud throttles is made again"):
        with open(facts["faults"], "w", encoding="utf-8") as faults:
            faults.write("ResetAccountPassword throttle\nResetAccountPassword lose\n")
        equal(rotate(wire, "rds")["AccountName"], "shop")
    with suite.case("CreateSecret", "cloud-ram: a user of the cloud's RAM, registered by its name"):
        equal(add(wire, "app.prod", "cloud-ram", facts, {}).status, 200)
        equal(wire.ok("CheckTarget", {"TargetId": "app.prod"}, version=OWN)["Status"], "done")
        keys = {"AccessKeys": [{"AccessKeyId": "LTAI5tFirstFirstFirstFir", "AccessKeySecret": "FirstSecretOfThirtyCharacters0"}]}
        name = wire.ok("CreateSecret", {
            "SecretName": "$Auto", "VersionId": "v1", "SecretType": "RAMCredentials", "SecretData": json.dumps(keys),
            "ExtendedConfig": json.dumps({"SecretSubType": "RamUserAccessKey", "UserName": "app.prod"})})["SecretName"]
        equal(name, "acs/ram/user/app.prod")
    with suite.case("RotateSecret", "cloud-ram: the cloud makes the key, which is served once it signs; the old one goes after the overlap"):
        with open(facts["faults"], "w", encoding="utf-8") as faults:
            faults.write("CreateAccessKey lose\n")
        before = value_of(wire, name)[1]
        for _ in range(2):
            fresh = rotate(wire, name)
            equal(signs(facts, fresh["AccessKeyId"], fresh["AccessKeySecret"]), "NoPermission")
            assert fresh["AccessKeyId"] != before["AccessKeyId"] and fresh["GenerateTimestamp"]
            until(wire, name, lambda old=before: signs(facts, old["AccessKeyId"], old["AccessKeySecret"]) == "InvalidAccessKeyId.NotFound")
            until(wire, name, lambda: wire.ok("DescribeRotation", {"SecretName": name}, version=OWN)["Phase"] == "idle")
            before = fresh
    with suite.case("RotateSecret", "no credential of the cloud's is in the server's log"):
        assert facts["password"] not in server.log_tail(100_000_000)

suite.finish()
