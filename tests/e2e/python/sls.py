"""aliyun-log-python-sdk: GetLogs over kms_audit_log."""

import os
import time
import uuid

from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_tea_openapi.models import Config
from aliyun.log import GetLogsRequest, LogClient, LogException
from aliyun.log.auth import AUTH_VERSION_4

from strongroom_e2e.report import Suite, equal

NAME = "sls-" + uuid.uuid4().hex[:8]
STORE = "kms_audit_log"
KEY_ID, SECRET = os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
WAIT_SECONDS = 10


def client(secret=SECRET, key_id=KEY_ID):
    return LogClient("https://" + os.environ["STRONGROOM_ENDPOINT"], key_id, secret)


def second(secret=SECRET):
    return LogClient("https://" + os.environ["STRONGROOM_ENDPOINT"], KEY_ID, secret, auth_version=AUTH_VERSION_4,
                     region=os.environ["STRONGROOM_REGION"])


# Without a project, whose name would stand in front of the host: loopback has no names below it.
def ask(query, **more):
    now = int(time.time())
    return client().get_logs(GetLogsRequest("", STORE, now - 3600, now + 60, query=query, **more))


def until(count, query):
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = ask(query, reverse=True)
        if found.get_count() >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def refused(code, call):
    try:
        call()
    except LogException as error:
        equal(error.get_error_code(), code)
        return
    raise AssertionError(f"succeeded, expected {code}")


def main():
    # requests reads the CA from here.
    os.environ["REQUESTS_CA_BUNDLE"] = os.environ["STRONGROOM_CA_FILE"]
    suite = Suite("python aliyun-log-python-sdk")
    service = Kms(Config(endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https", ca=os.environ["STRONGROOM_CA_FILE"],
                         region_id=os.environ["STRONGROOM_REGION"], access_key_id=KEY_ID, access_key_secret=SECRET))
    service.create_secret(kms.CreateSecretRequest(secret_name=NAME, version_id="v1", secret_data="never in a log"))
    for _ in range(3):
        service.get_secret_value(kms.GetSecretValueRequest(secret_name=NAME))
    with suite.case("GetLogs", "records of a secret's reads"):
        found = until(3, f"resource_id: {NAME} and share_gateway_api_name: GetSecretValue")
        equal(found.get_count(), 3)
        assert found.is_completed()
        record = found.get_logs()[0].get_contents()
        equal((record["api_name"], record["access_key_id"], record["status_code"], record["gateway_type"]),
              ("GetSecretValue", KEY_ID, "200", "shared"))
        equal((record["identity_type"], record["user_id"]), ("cloud-account", os.environ["STRONGROOM_ACCOUNT_ID"]))
        assert float(record["duration"]) > 0
        assert "never in a log" not in repr([log.get_contents() for log in found.get_logs()])
    with suite.case("GetLogs", "a word finds the key's calls"):
        assert until(1, KEY_ID).get_count() > 0
    with suite.case("GetLogs", "lines, offset, order"):
        query = f"resource_id: {NAME}"
        until(4, query)
        oldest = ask(query, line=2, offset=0, reverse=False).get_logs()
        rest = ask(query, line=10, offset=2, reverse=False).get_logs()
        equal((len(oldest), len(rest)), (2, 2))
        times = [log.get_time() for log in oldest + rest]
        newest = [log.get_time() for log in ask(query, line=10, reverse=True).get_logs()]
        equal(sorted(times), sorted(newest))
    with suite.case("GetLogs", "signature version 4"):
        now = int(time.time())
        wanted = GetLogsRequest("", STORE, now - 3600, now + 60, query=f"resource_id: {NAME} and api_name: GetSecretValue")
        equal(second().get_logs(wanted).get_count(), 3)
        refused("SignatureNotMatch", lambda: second(SECRET + "x").get_logs(wanted))
    with suite.case("GetLogs", "refusals"):
        now = int(time.time())
        refused("SignatureNotMatch", lambda: client("wrong").get_logs(GetLogsRequest("", STORE, now - 60, now)))
        refused("Unauthorized", lambda: client(SECRET, "LTAI5tNobodyHasThisKey01").get_logs(
            GetLogsRequest("", STORE, now - 60, now)))
        refused("LogStoreNotExist", lambda: client().get_logs(GetLogsRequest("", "other", now - 60, now)))
        refused("ParameterInvalid", lambda: ask("* | select count(1)"))
    suite.finish()


main()
