"""kill -9, the same data directory: account, keys, CA and every value are the same; a second server is refused."""

import json
import os
import subprocess
import time
import uuid

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.wire import RAM, STS, Wire

SECRETS = 200
STABLE = ("STRONGROOM_ACCOUNT_ID", "STRONGROOM_REGION", "ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")


OWN = "2026-11-01"


def make_sessions(wire, user):
    """Two sessions of a role: one that is revoked then, one that was made after that."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": f"acs:ram::{os.environ['EXPECTED_ACCOUNT']}:root"}}
    role = wire.ok("CreateRole", {"RoleName": "restart", "AssumeRolePolicyDocument": json.dumps({"Version": "1", "Statement": [trust]})},
                   version=RAM)["Role"]
    wire.ok("AttachPolicyToUser", {"UserName": "restart", "PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess"},
            version=RAM)
    sessions = []
    for name in ("revoked", "good"):
        sessions.append(user.ok("AssumeRole", {"RoleArn": role["Arn"], "RoleSessionName": name}, version=STS)["Credentials"])
        if name == "revoked":
            wire.ok("RevokeSessions", version=OWN)
            time.sleep(0.01)  # what is issued in the same millisecond is revoked as well
    return sessions


def check_sessions(wire, sessions):
    codes = []
    for session in sessions:
        one = wire.with_keys(session["AccessKeyId"], session["AccessKeySecret"])
        codes.append(one.acs3("GetCallerIdentity", version=STS, extra={"x-acs-security-token": session["SecurityToken"]}).code)
        one.close()
    equal(codes, ["InvalidSecurityToken.Expired", ""])


def fill(wire):
    os.environ["SEEDED"] = str(wire.ok("ListSecrets", {"PageSize": "1"})["TotalCount"])
    wire.ok("CreateUser", {"UserName": "restart"}, version=RAM)
    key = wire.ok("CreateAccessKey", {"UserName": "restart"}, version=RAM)["AccessKey"]
    wire.ok("AttachPolicyToUser", {"UserName": "restart", "PolicyType": "System", "PolicyName": "AliyunKMSFullAccess"},
            version=RAM)
    master = wire.ok("CreateKey")["KeyMetadata"]["KeyId"]
    blob = wire.ok("Encrypt", {"KeyId": master, "Plaintext": "kept"})["CiphertextBlob"]
    expected = {}
    for index in range(SECRETS):
        name, value = f"restart/{index}", uuid.uuid4().hex * 3
        wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "old" + value,
                                 "Tags": '[{"TagKey":"n","TagValue":"%d"}]' % index}, place="form")
        wire.ok("PutSecretValue", {"SecretName": name, "VersionId": "v2", "SecretData": value}, place="form")
        expected[name] = value
    wire.ok("DeleteSecret", {"SecretName": "restart/0", "RecoveryWindowInDays": "7"})
    wire.ok("DeleteSecret", {"SecretName": "restart/1", "ForceDeleteWithoutRecovery": "true"})
    user = wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])
    sessions = make_sessions(wire, user)
    user.close()
    return key, blob, expected, sessions


def compare(wire, key, blob, expected, sessions):
    check_sessions(wire, sessions)
    user = wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])
    for name, value in list(expected.items())[2:]:
        equal(user.ok("GetSecretValue", {"SecretName": name})["SecretData"], value)
        old = user.ok("GetSecretValue", {"SecretName": name, "VersionStage": "ACSPrevious"})
        equal((old["SecretData"], old["VersionId"]), ("old" + value, "v1"))
    equal(user.acs3("GetSecretValue", {"SecretName": "restart/0"}).code, "Rejected.ResourceInDeleteWindow")
    equal(user.acs3("GetSecretValue", {"SecretName": "restart/1"}).code, "Forbidden.ResourceNotFound")
    equal(user.ok("Decrypt", {"CiphertextBlob": blob})["Plaintext"], "kept")
    equal(wire.ok("GetCallerIdentity", version=STS)["AccountId"], os.environ["EXPECTED_ACCOUNT"])
    page = wire.ok("ListSecrets", {"PageSize": "1"})
    equal(page["TotalCount"], SECRETS - 1 + int(os.environ["SEEDED"]))
    tags = wire.ok("DescribeSecret", {"SecretName": "restart/7", "FetchTags": "true"})["Tags"]["Tag"]
    equal(tags, [{"TagKey": "n", "TagValue": "7"}])
    user.close()


def main():
    suite = Suite("restart")
    server = Server()
    try:
        server.start()
        first, ca = dict(server.env), open(server.env["STRONGROOM_CA_FILE"]).read()
        os.environ["EXPECTED_ACCOUNT"] = first["STRONGROOM_ACCOUNT_ID"]
        wire = Wire.from_env(first)
        kept = fill(wire)
        key, _, expected, sessions = kept
        wire.close()
        with suite.case("-", "a second server over the same data is refused"):
            second = subprocess.run([server.program, "dev", "--env-file", server.env_file + ".2", "--listen", "127.0.0.1:0",
                                     "--data", server.data], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            assert second.returncode != 0 and not os.path.exists(server.env_file + ".2"), second
        for end in ("kill -9", "kill -9 again", "SIGTERM"):
            with suite.case("-", f"everything is there after {end}"):
                server.kill() if "-9" in end else equal(server.stop(), 0, "exit status")
                server.start()
                for field in STABLE:
                    equal(server.env[field], first[field], field)
                equal(open(server.env["STRONGROOM_CA_FILE"]).read(), ca, "CA")
                wire = Wire.from_env(server.env)
                compare(wire, *kept)
                wire.close()
        with suite.case("-", "modes: env file and data are the owner's alone"):
            for path in (server.env_file, server.data):
                assert os.stat(path).st_mode & 0o077 == 0, f"{path} {oct(os.stat(path).st_mode)}"
            for folder, _, files in os.walk(server.data):
                for name in files:
                    mode = os.stat(os.path.join(folder, name)).st_mode
                    public = name.endswith((".pem", ".crt")) and "key" not in name
                    assert public or mode & 0o077 == 0, f"{folder}/{name} {oct(mode)}"
        with suite.case("-", "no value, name or key of the test lies in clear in the data"):
            needles = [v.encode() for v in list(expected.values())[:20]] + [first["ALIBABA_CLOUD_ACCESS_KEY_SECRET"].encode(),
                                                                            key["AccessKeySecret"].encode()]
            needles += [session["AccessKeySecret"].encode() for session in sessions]
            for folder, _, files in os.walk(server.data):
                for name in files:
                    data = open(os.path.join(folder, name), "rb").read()
                    assert not any(needle in data for needle in needles), f"{folder}/{name}"
    finally:
        server.kill()
    suite.finish()


if __name__ == "__main__":
    main()
