"""A RAM secret through rotations: both AccessKeys sign during the overlap, the old one is refused after it; and the
managed-credentials provider, unmodified, keeps handing out a key that signs. A server of its own with short overlaps."""

import json
import os
import sys
import threading
import time
import uuid

from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_ram20150501 import models as ram
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server

OVERLAP_SECONDS = 3
WAIT_SECONDS = 20


def config(env, key_id=None, secret=None):
    return Config(endpoint=env["STRONGROOM_ENDPOINT"], protocol="https", ca=env["STRONGROOM_CA_FILE"],
                  region_id=env["STRONGROOM_REGION"], access_key_id=key_id or env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                  access_key_secret=secret or env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])


def until(what, condition):
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}")
        time.sleep(0.05)


class World:
    """One RAM user, its key, and the secret that manages it."""

    def __init__(self, env):
        self.env, self.kms, self.ram = env, Kms(config(env)), Ram(config(env))
        self.user = "bot-" + uuid.uuid4().hex[:8]
        self.ram.create_user(ram.CreateUserRequest(user_name=self.user))
        self.first = self.ram.create_access_key(ram.CreateAccessKeyRequest(user_name=self.user)).body.access_key

    def create(self):
        data = {"AccessKeys": [{"AccessKeyId": self.first.access_key_id, "AccessKeySecret": self.first.access_key_secret}]}
        extended = {"SecretSubType": "RamUserAccessKey", "UserName": self.user, "CustomData": {}}
        made = self.kms.create_secret(kms.CreateSecretRequest(
            secret_name="$Auto", version_id="v1", secret_type="RAMCredentials", secret_data=json.dumps(data),
            extended_config=extended, enable_automatic_rotation=True, rotation_interval="30d")).body
        self.name = made.secret_name
        return made

    def value(self):
        return json.loads(self.kms.get_secret_value(kms.GetSecretValueRequest(secret_name=self.name)).body.secret_data)

    def begin_rotation(self):
        """The old key is deleted a moment before its run is over; until then another one is refused."""
        request = kms.RotateSecretRequest(secret_name=self.name, version_id=uuid.uuid4().hex)

        def taken():
            try:
                self.kms.rotate_secret(request)
                return True
            except Exception as error:
                equal(getattr(error, "code", None), "Rejected.UnsupportedOperation", "refusal")
                return False

        until("the rotation is taken", taken)

    def rotate(self):
        before = self.value()["AccessKeyId"]
        self.begin_rotation()
        until("a new AccessKey", lambda: self.value()["AccessKeyId"] != before)
        return before

    def signs(self, key_id, secret):
        try:
            return Sts(config(self.env, key_id, secret)).get_caller_identity().body.arn.endswith("user/" + self.user)
        except Exception as error:
            equal(getattr(error, "code", None), "InvalidAccessKeyId.NotFound", "refusal")
            return False

    def key_count(self):
        return len(self.ram.list_access_keys(ram.ListAccessKeysRequest(user_name=self.user)).body.access_keys.access_key)


def overlap_cases(suite, world):
    with suite.case("CreateSecret", "a RAM secret, named by the server"):
        made = world.create()
        equal(made.secret_name, "acs/ram/user/" + world.user)
        equal((made.secret_type, made.automatic_rotation, made.rotation_interval), ("RAMCredentials", "Enabled", "2592000s"))
        equal(world.value()["AccessKeyId"], world.first.access_key_id)
    with suite.case("RotateSecret", "both AccessKeys sign during the overlap, then only the new one"):
        world.rotate()
        now = world.value()
        equal(world.signs(now["AccessKeyId"], now["AccessKeySecret"]), True, "the new key")
        equal(world.signs(world.first.access_key_id, world.first.access_key_secret), True, "the old key")
        until("the old key is gone", lambda: world.key_count() == 1)
        equal(world.signs(world.first.access_key_id, world.first.access_key_secret), False, "the old key afterwards")
        equal(world.signs(now["AccessKeyId"], now["AccessKeySecret"]), True, "the new key afterwards")
    with suite.case("DescribeSecret", "the dates follow"):
        told = world.kms.describe_secret(kms.DescribeSecretRequest(secret_name=world.name)).body
        equal((told.automatic_rotation, bool(told.last_rotation_date), bool(told.next_rotation_date)), ("Enabled", True, True))


def unbroken_case(suite, world):
    with suite.case("RotateSecret", "an application that reads and signs never fails through five rotations"):
        failures, calls, stop = [], [0], threading.Event()

        def application():
            while not stop.is_set():
                value = world.value()
                try:
                    Sts(config(world.env, value["AccessKeyId"], value["AccessKeySecret"])).get_caller_identity()
                    calls[0] += 1
                except Exception as error:
                    failures.append(str(error))

        thread = threading.Thread(target=application)
        thread.start()
        try:
            for _ in range(5):
                until("the overlap is over", lambda: world.key_count() == 1)
                world.rotate()
        finally:
            stop.set()
            thread.join()
        equal(failures, [], "failures")
        equal(calls[0] > 20, True, "enough calls")


def kill_case(suite, server, world):
    with suite.case("RotateSecret", "kill -9 during a rotation: it finishes after the start"):
        until("the overlap is over", lambda: world.key_count() == 1)
        before = world.value()["AccessKeyId"]
        world.begin_rotation()
        server.kill()
        server.start()
        again = World.__new__(World)
        again.__dict__.update(world.__dict__, env=server.env, kms=Kms(config(server.env)), ram=Ram(config(server.env)))
        until("a new AccessKey", lambda: again.value()["AccessKeyId"] != before)
        value = again.value()
        equal(again.signs(value["AccessKeyId"], value["AccessKeySecret"]), True, "the new key")
        until("the old key is gone", lambda: again.key_count() == 1)


def main():
    suite = Suite("python ram rotation")
    os.environ["STRONGROOM_ROTATION_OVERLAP_SECONDS_MIN"] = "1"
    os.environ["STRONGROOM_ROTATION_OVERLAP_SECONDS_DEFAULT"] = str(OVERLAP_SECONDS)
    with Server() as server:
        world = World(server.env)
        overlap_cases(suite, world)
        unbroken_case(suite, world)
        kill_case(suite, server, world)
    suite.finish()


if __name__ == "__main__":
    sys.exit(main())
