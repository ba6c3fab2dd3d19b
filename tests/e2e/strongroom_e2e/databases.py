"""Databases as rotation targets and as applications see them, and managed secrets over them. For the Python environment of the
clients (PyMySQL, pg8000)."""

import atexit
import json
import os
import ssl
import tempfile
import time
import uuid

import pg8000.dbapi
import pymysql

from strongroom_e2e.throwaway import logged
from strongroom_e2e.wire import Wire

OWN = "2026-11-01"
WAIT_SECONDS = 60


class Database:
    """One throwaway server, as a target and as an application sees it."""

    def __init__(self, kind, facts):
        self.kind, self.facts, self.id = kind, facts, "rm-" + kind
        with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as ca:
            ca.write(facts["ca"])
        self.ca_file = ca.name  # for clients that take a path
        atexit.register(os.unlink, ca.name)
        self.tls = ssl.create_default_context(cafile=ca.name)

    def register(self, env):
        """Makes it a target of the server."""
        Wire.from_env(env).ok("AddTarget", {
            "TargetId": self.id, "Kind": self.kind, "Address": f"{self.facts['host']}:{self.facts['port']}",
            "AdminAccount": self.facts["admin"], "AdminSecret": self.facts["password"], "TlsRoots": self.facts["ca"]},
            version=OWN, place="form")

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

    @classmethod
    def polardb(cls, env, database):
        """A PolarDB secret: the server makes both accounts of the pair itself."""
        self = cls.__new__(cls)
        self.wire, self.database, self.first = Wire.from_env(env), database, None
        self.name, self.user, self.seen = "polar-" + uuid.uuid4().hex[:8], "pol" + uuid.uuid4().hex[:5], set()
        mysql = database.kind == "mysql"
        rights = {"AccountPrivilege": "ReadOnly", "DBName": "app"} if mysql else {}
        self.wire.ok("CreateSecret", {
            "SecretName": self.name, "VersionId": "v0", "SecretType": "PolarDB", "SecretData": "$Auto",
            "ExtendedConfig": json.dumps({"SecretSubType": "DoubleUsers", "RegionId": "cn-hangzhou", "DBClusterId": database.id,
                                          "DBType": "MySQL" if mysql else "PostgreSQL", "AccountName": self.user, **rights})})
        deadline = time.monotonic() + WAIT_SECONDS
        while self.wire.ok("DescribeRotation", {"SecretName": self.name}, version=OWN)["Phase"] != "idle":
            assert time.monotonic() < deadline, "the accounts were not made"
            time.sleep(0.05)
        if not mysql:  # rights in SQL are the owner's to give; the twin gets them with the next rotation
            admin = database.connect(database.facts["admin"], database.facts["password"])
            database.run(admin, "CREATE TABLE IF NOT EXISTS items (id int)", f"GRANT SELECT ON items TO {self.user}")
            admin.commit()
            admin.close()
        return self

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


def no_password_in_logs(managed, server):
    everything = logged(managed.database.facts) + server.log_tail(100_000_000)
    assert not [password for password in managed.seen if password in everything], "a password is in a log"
