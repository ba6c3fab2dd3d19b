"""What somebody changed at a target by hand: seen, undone (resync) or believed (adopt), on real servers; who still reads which
version; windows."""

import calendar
import json
import time

from strongroom_e2e.databases import Database, Managed
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import Wire

suite = Suite("rotation repair")
OWN = "2026-11-01"
WAIT_SECONDS = 60


def own(managed, action, **parameters):
    return managed.wire.ok(action, {"SecretName": managed.name, **parameters}, version=OWN, place="form")


def finished(managed, result="succeeded"):
    deadline = time.monotonic() + WAIT_SECONDS
    while own(managed, "DescribeRotation")["Phase"] != "idle":
        assert time.monotonic() < deadline, own(managed, "DescribeRotation")
        time.sleep(0.05)
    status = own(managed, "DescribeRotation")
    equal(status["LastResult"], result, str(status))
    return status


def by_hand(database, user, password):
    admin = database.connect(database.facts["admin"], database.facts["password"])
    database.run(admin, f"ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'" if database.kind == "mysql"
                 else f"ALTER ROLE {user} PASSWORD '{password}'")
    admin.commit()
    admin.close()


def refused(database, value):
    try:
        database.transaction(value)
    except Exception:  # whatever the driver calls it
        return True
    return False


def repaired(database, managed):
    managed.wait_for(managed.rotate())
    finished(managed)
    version, value = managed.read()
    by_hand(database, value["AccountName"], "by-hand-1")
    assert refused(database, value)
    equal(own(managed, "InspectRotation")["CurrentLogin"], "refused")
    own(managed, "ResyncSecret")
    finished(managed)
    equal(managed.read(), (version, value))
    database.transaction(value)


def adopted(database, managed, sub_type):
    account = managed.read()[1]["AccountName"]
    by_hand(database, account, "by-hand-2")
    new = {"AccountName": account, "AccountPassword": "by-hand-2"}
    if (database.kind, sub_type) == ("mysql", "SingleUser"):  # a target is asked for ten seconds before it is believed
        own(managed, "AdoptSecret", VersionId="wrong", SecretData=json.dumps({**new, "AccountPassword": "not-this"}))
        finished(managed, "failed")
    own(managed, "AdoptSecret", VersionId="by-hand", SecretData=json.dumps(new))
    finished(managed)
    equal(managed.read(), ("by-hand", new))
    managed.wait_for(managed.rotate())
    finished(managed)
    database.transaction(managed.read()[1])
    if managed.read()[1]["AccountName"] != account:
        database.transaction(new)


def readers(managed):
    version = managed.read()[0]
    seen = own(managed, "ListSecretReaders")["Readers"]
    equal([(reader["VersionId"], reader["Stale"]) for reader in seen], [(version, False)])
    managed.wire.ok("RotateSecret", {"SecretName": managed.name, "VersionId": "nobody-read-it"})
    finished(managed)
    equal(own(managed, "ListSecretReaders")["Readers"][0]["Stale"], True)


def not_taken(env, database):
    """What the server failed to make is somebody's: no way round that leads to it."""
    wire, name = Wire.from_env(env), "polar-" + database.kind
    victim = {"AccountName": "victim", "AccountPassword": "Somebodys-own-1"}
    database.make_account(*victim.values())
    mysql = database.kind == "mysql"
    rights = {"AccountPrivilege": "ReadOnly", "DBName": "app"} if mysql else {}
    wire.ok("CreateSecret", {
        "SecretName": name, "VersionId": "v0", "SecretType": "PolarDB", "SecretData": "$Auto",
        "ExtendedConfig": json.dumps({"SecretSubType": "DoubleUsers", "RegionId": "cn-hangzhou", "DBClusterId": database.id,
                                      "DBType": "MySQL" if mysql else "PostgreSQL", "AccountName": "victim", **rights})})
    deadline = time.monotonic() + WAIT_SECONDS

    def told():
        while True:
            status = wire.ok("DescribeRotation", {"SecretName": name}, version=OWN, place="form")
            if status.get("ErrorCode") == "AccountExists":
                return status["Phase"]
            assert time.monotonic() < deadline, status
            time.sleep(0.05)

    told()
    wire.ok("DeleteSecret", {"SecretName": name})
    wire.ok("RestoreSecret", {"SecretName": name})
    equal(wire.acs3("ResyncSecret", {"SecretName": name}, version=OWN).status, 400)
    equal(wire.acs3("RotateSecret", {"SecretName": name, "VersionId": "v1"}).status, 400)
    equal(told(), "provision")
    database.transaction(victim)
    wire.ok("DeleteSecret", {"SecretName": name, "ForceDeleteWithoutRecovery": "true"})
    database.transaction(victim)


with Server() as server:
    for program, kind in (("mariadb", "mysql"), ("postgres", "postgres")):
        with Throwaway(program) as facts:
            database = Database(kind, facts)
            database.register(server.env)
            for sub_type in ("SingleUser", "DoubleUsers"):
                managed = Managed(server.env, database, sub_type)
                with suite.case("ResyncSecret", f"{kind}, {sub_type}: a password changed by hand is set back"):
                    repaired(database, managed)
                with suite.case("AdoptSecret", f"{kind}, {sub_type}: a password changed by hand is taken over, a wrong one is not"):
                    adopted(database, managed, sub_type)
            with suite.case("RestoreSecret", f"{kind}: an account that was there is nobody's by deleting and restoring"):
                not_taken(server.env, database)
            if kind == "mysql":
                with suite.case("ListSecretReaders", "who has read which version last"):
                    readers(managed)
                with suite.case("SetRotationWindow", "a window is kept and shown in the calendar"):
                    managed.wire.ok("UpdateSecretRotationPolicy", {"SecretName": managed.name, "EnableAutomaticRotation": "true",
                                                                   "RotationInterval": "7d"})
                    own(managed, "SetRotationWindow", Window="Sat,Sun 22:00-02:00")
                    status = own(managed, "DescribeRotation")
                    equal(status["Window"], "sat,sun 22:00-02:00")
                    earliest = time.strptime(status["NextRotationDate"], "%Y-%m-%dT%H:%M:%SZ")
                    begins = time.strptime(status["ScheduledStart"], "%Y-%m-%dT%H:%M:%SZ")
                    assert calendar.timegm(begins) >= calendar.timegm(earliest) - 1800, status
                    assert status["Deadline"] > status["ScheduledStart"]

suite.finish()
