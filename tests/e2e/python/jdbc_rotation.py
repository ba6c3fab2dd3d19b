"""A Java application over JDBC and the cloud's caching secrets client through rotations of two accounts: no failed transaction,
though it asks for its secret again only when the database refuses the account. A dozen rotations, 200 with --soak."""

import json
import os
import subprocess

from strongroom_e2e.databases import Database, Managed, no_password_in_logs
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.applications import work_directory
from strongroom_e2e.throwaway import Throwaway

suite = Suite("java jdbc")
ROTATIONS = 200 if "STRONGROOM_SOAK" in os.environ else 12


def url_of(database):
    place = f"{database.facts['host']}:{database.facts['port']}"
    if database.kind == "mysql":
        return f"jdbc:mariadb://{place}/app?sslMode=verify-full&serverSslCert={database.ca_file}"
    return f"jdbc:postgresql://{place}/postgres?sslmode=verify-full&sslrootcert={database.ca_file}"


class Application:
    """The Java program in a process of its own."""

    def __init__(self, database, secret, env):
        command = ["java", "-cp", os.environ["E2E_CLASSPATH"], "e2e.JdbcApplication", url_of(database), secret]
        self.process = subprocess.Popen(command, env={**os.environ, **env}, cwd=work_directory("jdbc"), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self):
        """The next line of its own; the client library logs to standard output too."""
        for line in self.process.stdout:
            if line.startswith(("started", "{\"transactions\"")):
                return line
        raise AssertionError("the application ended")

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.write("end\n")
            self.process.stdin.flush()
        answer = json.loads(self.line())
        self.process.communicate()
        return answer


def two_accounts(server, database):
    managed = Managed(server.env, database, "DoubleUsers")
    application = Application(database, managed.name, server.env)
    try:
        equal(application.line().strip(), "started")
        for _ in range(ROTATIONS):
            managed.wait_for(managed.rotate())
    finally:
        seen = application.stop()
    equal(seen["failures"], [])
    assert seen["transactions"] > ROTATIONS, seen
    equal(seen["accounts"], 2)
    assert seen["refreshed"] > 0, "it never had to refresh: nothing was proved"
    no_password_in_logs(managed, server)
    print(f"{database.kind}, two accounts over JDBC: {seen['transactions']} transactions through {ROTATIONS} rotations, none failed; "
          f"the secret was refreshed {seen['refreshed']} times", flush=True)


with Server() as server:
    for program, kind in (("mariadb", "mysql"), ("postgres", "postgres")):
        with Throwaway(program) as facts:
            database = Database(kind, facts)
            database.register(server.env)
            with suite.case("RotateSecret", f"{kind}: JDBC over two accounts, no failed transaction"):
                two_accounts(server, database)

suite.finish()
