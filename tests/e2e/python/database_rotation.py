"""Applications through rotations of real databases: no failed transaction with two accounts, the gap of one account measured,
the server killed in the middle. A few dozen rotations, 200 with --soak."""

import json
import os
import random
import ssl
import tempfile
import threading
import time
import uuid

import pg8000.dbapi
import pymysql

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.throwaway import Throwaway, logged
from strongroom_e2e.wire import Wire

suite = Suite("rotation of databases")
OWN = "2026-11-01"
SOAK = "STRONGROOM_SOAK" in os.environ
ROTATIONS = 200 if SOAK else 12
KILLS = 100 if SOAK else 1  # each may wait for a lease to run out
WAIT_SECONDS = 60


class Database:
    """One throwaway server, as a target and as an application sees it."""

    def __init__(self, kind, facts):
        self.kind, self.facts, self.id = kind, facts, "rm-" + kind
        with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as ca:
            ca.write(facts["ca"])
        self.tls = ssl.create_default_context(cafile=ca.name)
        os.unlink(ca.name)

    def connect(self, user, password):
        place = {"host": self.facts["host"], "port": self.facts["port"], "user": user, "password": password}
        if self.kind == "mysql":
            return pymysql.connect(**place, database="app", ssl=self.tls, connect_timeout=10)
        return pg8000.dbapi.connect(**place, database="postgres", ssl_context=self.tls, timeout=10)

    def run(self, connection, *statements):
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        return cursor

    def make_account(self, user, password):
        admin = self.connect(self.facts["admin"], self.facts["password"])
        if self.kind == "mysql":
            self.run(admin, f"CREATE USER '{user}'@'%' IDENTIFIED BY '{password}'",
                     f"GRANT SELECT, INSERT ON app.* TO '{user}'@'%'")
        else:
            self.run(admin, "CREATE TABLE IF NOT EXISTS items (id int)", f"CREATE ROLE {user} LOGIN PASSWORD '{password}'",
                     f"GRANT SELECT, INSERT ON items TO {user}")
        admin.commit()
        admin.close()

    def transaction(self, value):
        """What an application does; raises if it is refused."""
        connection = self.connect(value["AccountName"], value["AccountPassword"])
        try:
            self.run(connection, "SELECT count(*) FROM items").fetchall()
            connection.commit()
        finally:
            connection.close()


class Managed:
    """One managed secret over one database."""

    def __init__(self, env, database, sub_type):
        self.wire, self.database = Wire.from_env(env), database
        self.name = "db-" + uuid.uuid4().hex[:8]
        self.user = "app" + uuid.uuid4().hex[:5]
        self.seen = set()
        self.first = password = "First-" + uuid.uuid4().hex  # that the test itself sets, in a statement that is logged
        database.make_account(self.user, password)
        self.wire.ok("CreateSecret", {
            "SecretName": self.name, "VersionId": "v0", "SecretType": "Rds",
            "SecretData": json.dumps({"Accounts": [{"AccountName": self.user, "AccountPassword": password}]}),
            "ExtendedConfig": json.dumps({"SecretSubType": sub_type, "DBInstanceId": database.id, "CustomData": {}})})

    def read(self, wire=None):
        answer = (wire or self.wire).ok("GetSecretValue", {"SecretName": self.name})
        value = json.loads(answer["SecretData"])
        if value["AccountPassword"] != self.first:
            self.seen.add(value["AccountPassword"])
        return answer["VersionId"], value

    def rotate(self):
        """Starts a rotation. The new value is current a moment before the one before has been tidied up after."""
        version = "r-" + uuid.uuid4().hex
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            answer = self.wire.acs3("RotateSecret", {"SecretName": self.name, "VersionId": version})
            if answer.status == 200:
                return version
            assert "being rotated" in answer.text and time.monotonic() < deadline, answer
            time.sleep(0.02)

    def wait_for(self, version):
        deadline = time.monotonic() + WAIT_SECONDS
        while self.read()[0] != version:
            if time.monotonic() > deadline:
                raise AssertionError("the rotation did not finish: " + str(self.wire.ok("DescribeSecret", {"SecretName": self.name})))
            time.sleep(0.02)


class Application(threading.Thread):
    """Reads its secret, runs a transaction, again and again; counts what failed and for how long."""

    def __init__(self, managed, env):
        super().__init__()
        self.managed, self.wire = managed, Wire.from_env(env)
        self.done, self.failures, self.longest_ms, self.ending = 0, [], 0.0, False

    def run(self):
        failing_since = None
        while not self.ending:
            started = time.monotonic()
            try:
                self.managed.database.transaction(self.managed.read(self.wire)[1])
                self.done += 1
                if failing_since is not None:
                    self.longest_ms = max(self.longest_ms, (time.monotonic() - failing_since) * 1000)
                failing_since = None
            except Exception as error:  # whatever a driver calls it
                self.failures.append(str(error))
                failing_since = failing_since or started

    def stop(self):
        self.ending = True
        self.join()


def no_password_in_logs(managed, server):
    everything = logged(managed.database.facts) + server.log_tail(100_000_000)
    assert not [password for password in managed.seen if password in everything], "a password is in a log"


def two_accounts(server, database):
    managed = Managed(server.env, database, "DoubleUsers")
    application = Application(managed, server.env)
    application.start()
    try:
        for _ in range(ROTATIONS):
            before = managed.read()[1]
            managed.wait_for(managed.rotate())
            after = managed.read()[1]
            assert after["AccountName"] != before["AccountName"], "the accounts do not take turns"
            database.transaction(before)  # the old value works for a whole interval
    finally:
        application.stop()
    equal(application.failures, [])
    assert application.done > ROTATIONS, application.done
    no_password_in_logs(managed, server)
    print(f"{database.kind}, two accounts: {application.done} transactions through {ROTATIONS} rotations, none failed", flush=True)


def one_account(server, database):
    managed = Managed(server.env, database, "SingleUser")
    application = Application(managed, server.env)
    application.start()
    try:
        for _ in range(ROTATIONS):
            managed.wait_for(managed.rotate())
    finally:
        application.stop()
    database.transaction(managed.read()[1])
    no_password_in_logs(managed, server)
    print(f"{database.kind}, one account: longest gap {application.longest_ms:.0f} ms, {len(application.failures)} of "
          f"{application.done + len(application.failures)} transactions failed in {ROTATIONS} rotations", flush=True)


def killed(server, database, sub_type):
    managed = Managed(server.env, database, sub_type)
    for _ in range(KILLS):
        version = managed.rotate()
        time.sleep(random.uniform(0, 0.3))
        server.kill()
        server.start()
        managed.wire = Wire.from_env(server.env)
        managed.wait_for(version)
        database.transaction(managed.read()[1])
    no_password_in_logs(managed, server)


with Server() as server:
    for program, kind in (("mariadb", "mysql"), ("postgres", "postgres")):
        with Throwaway(program) as facts:
            database = Database(kind, facts)
            Wire.from_env(server.env).ok("AddTarget", {
                "TargetId": database.id, "Kind": kind, "Address": f"{facts['host']}:{facts['port']}", "AdminAccount": facts["admin"],
                "AdminSecret": facts["password"], "TlsRoots": facts["ca"]}, version=OWN, place="form")
            with suite.case("RotateSecret", f"{kind}: two accounts, no failed transaction"):
                two_accounts(server, database)
            with suite.case("RotateSecret", f"{kind}: one account, the gap is measured"):
                one_account(server, database)
            for sub_type in ("DoubleUsers", "SingleUser") if SOAK else ("SingleUser",):
                with suite.case("RotateSecret", f"{kind}: {sub_type}, killed in the middle and finished"):
                    killed(server, database, sub_type)

suite.finish()
