"""Rotation targets through the API: registered, shown without their credential, reached by the egress process, forgotten.
And a server that is killed while it waits for one."""

import json
import os
import signal
import socket
import sys
import threading
import time

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import Wire

suite = Suite("targets")
OWN = "2026-11-01"
KINDS = {"mariadb": "mysql", "postgres": "postgres", "redis": "redis"}


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
        own = [int(child) for child in children.read().split()]
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as children:
            own += [int(child) for child in children.read().split()]
    return sorted(set(own))


def add(wire, name, kind, facts, **changes):
    return wire.acs3("AddTarget", {"TargetId": name, "Kind": kind, "Address": f"{facts['host']}:{facts['port']}",
                                   "AdminAccount": facts["admin"], "AdminSecret": facts["password"],
                                   "TlsRoots": facts["ca"], **changes}, version=OWN, place="form")


def check(wire, name):
    return wire.ok("CheckTarget", {"TargetId": name}, version=OWN)


def check_until(wire, name, status):
    """The egress process is started at most once a second."""
    deadline = time.monotonic() + 20
    while True:
        answer = check(wire, name)
        if answer["Status"] == status or time.monotonic() > deadline:
            return answer
        time.sleep(0.2)


class Proxy:
    """A way to a target, which lets nothing through before `open` is set: whoever connects waits for an answer."""

    def __init__(self, host, port):
        self.place, self.open, self.connections = (host, port), False, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        held = []
        while True:
            near = self.listener.accept()[0]
            self.connections += 1
            if not self.open:
                held.append(near)
                continue
            far = socket.create_connection(self.place)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=ends, daemon=True).start()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def wait_for(condition, seconds):
    """For how long it had to wait; None if that was not enough."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            return None
        time.sleep(0.05)
    return time.monotonic() - begun


def killed_while_waiting():
    """The lease of the step would run for 40 seconds."""
    with Server() as server, Throwaway("redis") as facts:
        wire = Wire.from_env(server.env)
        proxy = Proxy(facts["host"], facts["port"])
        equal(add(wire, "r-slow", "redis", {**facts, "host": "127.0.0.1", "port": proxy.port}).status, 200)
        config = {"SecretSubType": "DoubleUsers", "RegionId": "cn-hangzhou", "InstanceId": "r-slow", "AccountName": "app",
                  "CloneAccountName": "app_clone", "AccountPrivilege": "RoleReadWrite"}
        wire.ok("CreateSecret", {"SecretName": "slow", "VersionId": "v1", "SecretData": "$Auto", "SecretType": "Redis",
                                 "ExtendedConfig": json.dumps(config)})

        def phase():
            return wire.ok("DescribeRotation", {"SecretName": "slow"}, version=OWN)["Phase"]

        with suite.case("RotateSecret", "killed in the middle of a step: the next start goes on at once"):
            assert wait_for(lambda: proxy.connections > 0, 20) is not None, "the target was not asked"
            equal(phase(), "provision")
            server.kill()
            proxy.open = True
            server.start()
            wire = Wire.from_env(server.env)
            took = wait_for(lambda: phase() == "idle", 60)
            print(f"went on and ended within {took} s")
            assert took is not None and took < 15, took
            equal(wire.ok("DescribeRotation", {"SecretName": "slow"}, version=OWN)["LastResult"], "succeeded")


with Server() as server:
    wire = Wire.from_env(server.env)
    for program, kind in KINDS.items():
        with Throwaway(program) as facts:
            name = "rm-" + kind
            with suite.case("AddTarget", f"{kind}: registered, shown without its credential"):
                equal(add(wire, name, kind, facts).status, 200)
                shown = wire.acs3("DescribeTarget", {"TargetId": name}, version=OWN)
                equal(shown.json["AdminAccount"], facts["admin"])
                assert facts["password"] not in shown.text, "the credential is shown"
            with suite.case("CheckTarget", f"{kind}: reached through the egress process"):
                answer = check(wire, name)
                equal(answer["Status"], "done", answer["Code"] + answer["Message"])
                assert answer["Server"].lower().startswith(program[:5]), answer["Server"]
            with suite.case("CheckTarget", f"{kind}: a wrong CA and a wrong credential are told apart"):
                equal(add(wire, name, kind, facts, TlsRoots="").status, 200)
                equal(check(wire, name)["Code"], "TlsVerifyFailed")
                equal(add(wire, name, kind, facts, AdminSecret="wrong-password").status, 200)
                answer = check(wire, name)
                equal(answer["Code"], "AdminRefused")
                assert "wrong-password" not in answer["Message"]
                equal(add(wire, name, kind, facts).status, 200)

            with suite.case("CheckTarget", f"{kind}: the egress process is killed and comes again"):
                egress = children_of(server.process.pid)
                equal(len(egress), 1)
                with open(f"/proc/{egress[0]}/status", encoding="ascii") as status:
                    text = status.read()
                assert "NoNewPrivs:\t1" in text
                assert os.getuid() != 0 or "Uid:\t0" not in text, "the egress process is root"
                os.kill(egress[0], signal.SIGKILL)
                equal(check_until(wire, name, "done")["Status"], "done")
                assert children_of(server.process.pid) != egress

    with suite.case("CheckTarget", "a target that is gone is unreachable"):
        equal(check(wire, "rm-mysql")["Status"], "unreachable")
    with suite.case("ListTargets", "lists them"):
        listed = wire.ok("ListTargets", {}, version=OWN)["Targets"]["Target"]
        equal([target["TargetId"] for target in listed], ["rm-mysql", "rm-postgres", "rm-redis"])
    with suite.case("AddTarget", "what is wrong is named"):
        facts = {"host": "127.0.0.1", "port": 1, "admin": "a", "password": "p", "ca": ""}
        for change, named in (({"Kind": "oracle"}, "Kind"), ({"TargetId": "a b"}, "TargetId"),
                              ({"Address": "http://x"}, "Address"), ({"Tls": "maybe"}, "Tls")):
            answer = add(wire, "rm-x", "mysql", facts, **change)
            equal(answer.code, "InvalidParameter")
            assert named in answer.text, answer
    with suite.case("RemoveTarget", "forgets it"):
        wire.ok("RemoveTarget", {"TargetId": "rm-mysql"}, version=OWN)
        equal(wire.acs3("DescribeTarget", {"TargetId": "rm-mysql"}, version=OWN).code, "EntityNotExist.Target")
    server.stop()
    with suite.case("AddTarget", "no credential in the server's log"):
        assert "wrong-password" not in server.log_tail(10_000_000)

killed_while_waiting()
suite.finish()
