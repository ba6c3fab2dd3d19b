"""aliyun-openapi-python-sdk-managed-credentials-provider, unmodified: a client that never sees an AccessKey keeps signing
through rotations of the RAM secret behind it. A server of its own with short overlaps."""

import builtins
import json
import logging
import os
import sys
import tempfile
import time
import uuid
import warnings

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.wire import RAM, STS, Wire

OVERLAP_SECONDS = 2
ROTATIONS = 4  # the provider refreshes at most five times in ten minutes
WAIT_SECONDS = 20
REGION = "cn-hangzhou"


def accept_old_open_mode():
    """The secrets client opens its file with mode "Ur", which Python has not known since 3.11."""
    original = builtins.open
    builtins.open = lambda file, mode="r", *more, **options: original(file, mode.replace("U", ""), *more, **options)


def until(what, condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


def managed_user(admin):
    """A RAM user with one AccessKey, and the secret that manages it: names of both."""
    user = "bot-" + uuid.uuid4().hex[:8]
    admin.ok("CreateUser", {"UserName": user}, version=RAM)
    key = admin.ok("CreateAccessKey", {"UserName": user}, version=RAM)["AccessKey"]
    data = {"AccessKeys": [{"AccessKeyId": key["AccessKeyId"], "AccessKeySecret": key["AccessKeySecret"]}]}
    made = admin.ok("CreateSecret", {
        "SecretName": "$Auto", "VersionId": "v1", "SecretType": "RAMCredentials", "SecretData": json.dumps(data),
        "ExtendedConfig": json.dumps({"SecretSubType": "RamUserAccessKey", "UserName": user}),
        "EnableAutomaticRotation": "true", "RotationInterval": "30d"}, place="form")
    return user, made["SecretName"]


def write_properties(env):
    """Where the provider finds the server: a file in the working directory."""
    region = json.dumps([{"regionId": REGION, "endpoint": env["STRONGROOM_ENDPOINT"], "vpc": False}])
    with open("managed_credentials_providers.properties", "w", encoding="utf-8") as out:
        out.write("credentials_type=ak\n"
                  f"credentials_access_key_id={env['ALIBABA_CLOUD_ACCESS_KEY_ID']}\n"
                  f"credentials_access_secret={env['ALIBABA_CLOUD_ACCESS_KEY_SECRET']}\n"
                  f"cache_client_region_id={region}\n")


def caller(client, host):
    """Who the server says the client is."""
    from aliyunsdkcore.request import CommonRequest

    request = CommonRequest(domain=host, version=STS, action_name="GetCallerIdentity")
    request.set_protocol_type("https")
    request.set_accept_format("JSON")
    return json.loads(client.do_action_with_exception(request))["Arn"]


def rotations(suite, env, admin):
    from aliyun_sdk_secretsmanager_sdk_core_plugin.proxy_acs_client import ProxyAcsClient

    user, name = managed_user(admin)
    host, port = env["STRONGROOM_ENDPOINT"].rsplit(":", 1)
    client = ProxyAcsClient(secret_name=name, region_id=REGION, port=int(port), verify=env["STRONGROOM_CA_FILE"])
    keys = lambda: admin.ok("ListAccessKeys", {"UserName": user}, version=RAM)["AccessKeys"]["AccessKey"]
    with suite.case("GetSecretValue", "the provider signs as the RAM user"):
        equal(caller(client, host).endswith("user/" + user), True, caller(client, host))
    for number in range(ROTATIONS):
        with suite.case("RotateSecret", f"rotation {number + 1}: during the overlap and after it"):
            before = [key["AccessKeyId"] for key in keys()]
            admin.ok("RotateSecret", {"SecretName": name, "VersionId": uuid.uuid4().hex})
            until("a second AccessKey", lambda: len(keys()) == 2)
            equal(caller(client, host).endswith("user/" + user), True, "in the overlap")
            until("the old AccessKey is gone", lambda: len(keys()) == 1)
            equal(before != [key["AccessKeyId"] for key in keys()], True, "another key")
            equal(caller(client, host).endswith("user/" + user), True, "after the overlap")


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    accept_old_open_mode()
    suite = Suite("python managed-credentials")
    os.environ["STRONGROOM_ROTATION_OVERLAP_SECONDS_DEFAULT"] = str(OVERLAP_SECONDS)
    with Server() as server, tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        write_properties(server.env)
        rotations(suite, server.env, Wire.from_env(server.env))
        os.chdir("/")
    sys.stdout.flush()
    os._exit(1 if suite.failed else 0)  # the provider's own threads do not end


if __name__ == "__main__":
    main()
