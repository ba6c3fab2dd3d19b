"""A clock that is wrong by days: nothing is purged because of it, people are told, and what was meant to go goes in the end.

libfaketime moves the server's clock (and the command line's, which signs with it), while it runs and between two starts. And an older
copy of the audit log, put in place between two starts.
"""

import json
import os
import shutil
import tempfile

from certificates import Client, Time
from recovery import Vault
from strongroom_e2e import waiting
from strongroom_e2e.report import Suite, equal

SECONDS = 30


def names(client):
    return [event["Name"] for event in json.loads(client.good("event", "ls", "-o", "json"))["SystemEvents"]["SystemEvent"]]


class Clock:
    def __init__(self, suite, work):
        self.suite = suite
        self.time = Time(work)
        self.vault = Vault(work)
        self.client = Client(self.vault, self.vault.ca)

    def start(self):
        self.vault.start().close()

    def doubted(self):
        return "moved ahead by" in self.client.good("status")

    def leap_while_running(self):
        self.start()
        for name in ("held", "accepted"):
            self.client.good("secret", "create", name, "-", stdin="value")
            self.client.good("secret", "rm", name, "--window", "7", "--yes")
        with self.suite.case("-", "a clock that leaps ahead by forty days purges nothing, and says so"):
            self.time.set(40)
            waiting.until(self.doubted, "a doubt", SECONDS)
            waiting.until(lambda: "Server:ClockLeap:Detected" in names(self.client), "the event", SECONDS)
            said = self.client.good("doctor")
            assert "warn server's clock" in said and "strongroom clock accept" in said, said
            self.client.good("secret", "restore", "held")
            equal(self.client.good("secret", "get", "held", "--reveal").strip(), "value")
        with self.suite.case("-", "what is asked for meanwhile, and takes nothing away, is done"):
            self.client.good("keyring", "rotate")
            waiting.until(lambda: self.client.good("keyring", "status", "-o", "raw").strip() == "2", "the next epoch", SECONDS)
            waiting.until(lambda: "Keyring:Resealed" in names(self.client), "sealing again", SECONDS)
        with self.suite.case("-", "and it is still held after a kill and another start"):
            self.vault.kill()
            self.start()
            assert self.doubted()
            self.client.good("secret", "restore", "accepted")
            self.client.good("secret", "rm", "accepted", "--window", "7", "--yes")
        with self.suite.case("-", "a clock that is mended is believed, and calls go on"):
            self.time.set(0)
            waiting.until(lambda: not self.doubted(), "no doubt", SECONDS)
            for name in ("kept", "gone"):
                self.client.good("secret", "create", name, "-", stdin="value")
                self.client.good("secret", "rm", name, "--window", "7", "--yes")

    def off_for_weeks(self):
        with self.suite.case("-", "after three weeks off deletion waits, until the operator accepts the clock"):
            self.vault.stop()
            self.time.set(21)
            self.start()
            assert self.doubted()
            self.client.good("secret", "restore", "kept")
            self.client.good("clock", "accept")
            assert not self.doubted()
            waiting.until(lambda: "Server:ClockLeap:Resolved" in names(self.client), "the event", SECONDS)
            waiting.until(lambda: "Secret:DeleteSecret:Success" in names(self.client), "the purge", SECONDS)
            assert self.client.run("secret", "restore", "gone").returncode != 0
            equal(self.client.good("secret", "get", "kept", "--reveal").strip(), "value")

    def older_audit_log(self):
        audit = os.path.join(self.vault.data, "audit")
        with self.suite.case("-", "an older copy of the audit log is noticed, a longer log is not"):
            self.vault.stop()
            shutil.copytree(audit, audit + ".kept")
            self.start()
            assert "AuditLog:Replaced:Failure" not in names(self.client)
            for _ in range(20):
                self.client.good("secret", "get", "held", "--reveal")
            self.vault.stop()
            shutil.rmtree(audit)
            os.rename(audit + ".kept", audit)
            self.start()
            equal(names(self.client).count("AuditLog:Replaced:Failure"), 1)
            assert "an older copy was put in its place" in self.client.good("status")
            said = self.client.good("doctor")
            assert "warn audit log" in said, said
            self.vault.stop()
            self.start()
            equal(names(self.client).count("AuditLog:Replaced:Failure"), 1)


def main():
    suite = Suite("clock")
    work = tempfile.mkdtemp(prefix="strongroom-e2e-")
    clock = None
    try:
        clock = Clock(suite, work)
        clock.leap_while_running()
        clock.off_for_weeks()
        clock.older_audit_log()
    finally:
        if clock:
            clock.vault.stop()
        shutil.rmtree(work, ignore_errors=True)
    suite.finish()


if __name__ == "__main__":
    main()
