"""Rotation targets through the API: registered, shown without their credential, reached by the egress process, forgotten."""

import os
import signal
import sys
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

suite.finish()
