"""Applications through rotations of real databases: no failed transaction with two accounts, the gap of one account measured,
the server killed in the middle. A few dozen rotations, 200 with --soak."""

import os
import random
import threading
import time

from strongroom_e2e.databases import Database, Managed, no_password_in_logs
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import Wire

suite = Suite("rotation of databases")
SOAK = "STRONGROOM_SOAK" in os.environ
ROTATIONS = 200 if SOAK else 12
KILLS = 100 if SOAK else 1  # each may wait for a lease to run out


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


def two_accounts(server, database, managed, rotations=ROTATIONS):
    application = Application(managed, server.env)
    application.start()
    try:
        for _ in range(rotations):
            before = managed.read()[1]
            managed.wait_for(managed.rotate())
            after = managed.read()[1]
            assert after["AccountName"] != before["AccountName"], "the accounts do not take turns"
            database.transaction(before)  # the old value works for a whole interval
    finally:
        application.stop()
    equal(application.failures, [])
    assert application.done > rotations, application.done
    no_password_in_logs(managed, server)
    print(f"{database.kind}, two accounts of {managed.name}: {application.done} transactions through {rotations} rotations, none failed", flush=True)


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
            database.register(server.env)
            with suite.case("RotateSecret", f"{kind}: two accounts, no failed transaction"):
                two_accounts(server, database, Managed(server.env, database, "DoubleUsers"))
            with suite.case("RotateSecret", f"{kind}: PolarDB, both accounts made by the server, no failed transaction"):
                two_accounts(server, database, Managed.polardb(server.env, database), ROTATIONS if SOAK else 4)
            with suite.case("RotateSecret", f"{kind}: one account, the gap is measured"):
                one_account(server, database)
            for sub_type in ("DoubleUsers", "SingleUser") if SOAK else ("SingleUser",):
                with suite.case("RotateSecret", f"{kind}: {sub_type}, killed in the middle and finished"):
                    killed(server, database, sub_type)

suite.finish()
