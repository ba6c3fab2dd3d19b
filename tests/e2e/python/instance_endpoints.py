"""Endpoints of KMS instances while the server runs: a new one serves at once under its own name, a released one no longer;
and the calls a second of an instance's specification.
"""

import json
import os
import ssl
import time

from instance_wire import Answer, InstanceWire, NamedConnection
from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server

SECONDS = 20  # the server looks at its limits every 5
SPEC = 20
BSS = "2017-12-14"


def until(work):
    """What `work` returns, as soon as it is true."""
    deadline = time.monotonic() + SECONDS
    while True:
        found = work()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


class Endpoints:
    def __init__(self, suite, server):
        self.suite, self.server = suite, server
        self.apps = Applications(server.env)
        self.folder = work_directory("endpoints")

    @property
    def at(self):
        host, port = self.server.env["STRONGROOM_INSTANCES_ENDPOINT"].rsplit(":", 1)
        return host, int(port)

    def ca_of(self, instance):
        path = os.path.join(self.folder, instance)
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.apps.call("GetKmsInstance", KmsInstanceId=instance)["KmsInstance"]["CaCertificateChainPem"])
        return path

    @staticmethod
    def name_of(instance):
        return instance + ".cryptoservice.kms.aliyuncs.com"

    def connection(self, instance, ca):
        return NamedConnection(self.name_of(instance), self.at, ssl.create_default_context(cafile=ca))

    def answers(self, instance, ca):
        """Whether the handshake under the instance's name succeeds."""
        connection = self.connection(instance, ca)
        try:
            connection.connect()
            return True
        except (ssl.SSLError, ConnectionError):
            return False
        finally:
            connection.close()

    def run(self):
        apps = self.apps
        with self.suite.case("CreateInstance", "its endpoint serves at once, under its own name and CA"):
            made = apps.instance_of_ours("later")
            ca = self.ca_of(made)
            assert until(lambda: self.answers(made, ca))
            assert not self.answers("kst-" + "a" * 20, ca)
        apps.secret("e2e/later", "there", instance=made)
        key = apps.client_key("later", scope=made)
        wire = InstanceWire(self.name_of(made) + ":443", ca, key, at=self.at)
        with self.suite.case("GetSecretValue", "a client key at the new instance"):
            answer = wire.call("GetSecretValue", {1: "e2e/later"})
            equal((answer.status, answer.fields[3]), (200, b"there"))
        with self.suite.case("GetSecretValue", "the client key of the first instance has no right there"):
            other = InstanceWire(self.name_of(made) + ":443", ca, apps.client_key("first"), at=self.at)
            equal(other.call("GetSecretValue", {1: "e2e/later"}).code, "Forbidden.NoPermission")
        self.limits(made, ca, wire)
        with self.suite.case("GetSecretValue", "after a restart as before"):
            self.server.kill()
            self.server.start()
            apps.wire = Applications(self.server.env).wire
            answer = InstanceWire(self.name_of(made) + ":443", ca, key, at=self.at).call("GetSecretValue", {1: "e2e/later"})
            equal(answer.status, 200)
        self.release(made, ca, key)

    @staticmethod
    def signed(wire):
        """A request that may be sent again and again."""
        body = b"\x08\x08"
        headers = wire.head("GenerateRandom", body)
        headers["authorization"] = "Bearer " + wire.sign(headers)
        return "POST", "/", body, headers

    def limits(self, instance, ca, wire):
        with self.suite.case("ModifyInstance", f"a specification of {SPEC} calls a second holds exactly"):
            self.apps.wire.ok("ModifyInstance", {"ProductCode": "kms", "InstanceId": instance, "Parameter.1.Code": "Spec",
                                                 "Parameter.1.Value": str(SPEC)}, version=BSS, place="form")
            seconds = {}
            refused = None
            connection, request = self.connection(instance, ca), self.signed(wire)
            for _ in range(10 * SPEC):
                connection.request(*request)
                answer = connection.getresponse()
                answer = Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
                if answer.status == 429:
                    refused = answer
                else:
                    equal(answer.status, 200)
                    seconds[int(time.time())] = seconds.get(int(time.time()), 0) + 1
            connection.close()
            assert refused is not None and max(seconds.values()) <= SPEC + 1, seconds  # a second's end may fall into a call
            equal(refused.code, "Rejected.Throttling")
            assert refused.text.startswith("QPS Limit Exceeded"), refused.text
            assert 0 < int(refused.headers["x-acs-retry-after"]) <= 1000
        with self.suite.case("LookupEvents", "70 and 90 % of it are events"):
            def levels():
                told = self.apps.wire.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": "Quota:Qps:Reminder"},
                                         version="2019-01-01")
                rows = [json.loads(row["Content"]) for row in told["SystemEvents"]["SystemEvent"]]
                return {(row["level"], row["percent"]) for row in rows if row.get("instance") == instance}
            wanted = {("INFO", 70), ("CRITICAL", 90)}
            until(lambda: levels() == wanted)
            equal(levels(), wanted)

    def release(self, instance, ca, key):
        with self.suite.case("ReleaseKmsInstance", "its endpoint is closed, also to those who are connected"):
            connection = self.connection(instance, ca)
            connection.connect()
            self.apps.call("ReleaseKmsInstance", KmsInstanceId=instance, ForceDeleteWithoutBackup="true")
            assert until(lambda: not self.answers(instance, ca))
            wire = InstanceWire(self.name_of(instance) + ":443", ca, key, at=self.at)
            connection.request(*self.signed(wire))
            answer = connection.getresponse()
            equal((answer.status, answer.getheader("connection")), (404, "close"))
            connection.close()


if __name__ == "__main__":
    os.environ["STRONGROOM_LIMITS_INSTANCES"] = "specification"
    of_all = Suite("instance endpoints")
    with Server() as running:
        Endpoints(of_all, running).run()
    of_all.finish()
