"""Certificates over eleven years: one server that is never restarted, and its clock, which libfaketime moves.

The server's certificate and its KMS instances' are made anew before they end, the CA's too; clients that know the old CA go on until
that ends, and then docs/runbooks/expired-ca.md mends it. The command line lives in the same time.
"""

import glob
import os
import shutil
import socket
import ssl
import subprocess
import tempfile

from production import Serving, free_port
from recovery import CLI, Vault
from strongroom_e2e import waiting
from strongroom_e2e.report import Suite, equal

SECONDS = 30


class Time:
    """Days from now in which whatever is started lives, and goes on living when they change."""

    def __init__(self, work):
        self.path = os.path.join(work, "time")
        self.set(0)
        library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
        os.environ.update(LD_PRELOAD=library, FAKETIME_TIMESTAMP_FILE=self.path, FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")

    def set(self, days):
        with open(self.path + ".new", "w", encoding="utf-8") as out:
            out.write(f"+{days}d\n" if days else "+0\n")
        os.rename(self.path + ".new", self.path)


def shown(port, name=None):
    """The certificate that a server shows, whoever trusts it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), SECONDS) as plain, context.wrap_socket(plain, server_hostname=name) as connection:
        return connection.getpeercert(binary_form=True)


class Client:
    def __init__(self, vault, ca_file):
        self.environment = {**os.environ, "STRONGROOM_ENDPOINT": f"127.0.0.1:{vault.port}", "STRONGROOM_CA_FILE": ca_file,
                            "ALIBABA_CLOUD_ACCESS_KEY_ID": vault.access[0], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": vault.access[1]}

    def run(self, *words, stdin=None):
        return subprocess.run([CLI, *words], env=self.environment, input=stdin, capture_output=True, text=True, timeout=SECONDS)

    def good(self, *words, stdin=None):
        done = self.run(*words, stdin=stdin)
        equal(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout


def events(client):
    return client.good("event", "ls", "-o", "json")


def instance_of(vault, client):
    """A connected instance, and from the next start on a port of its own beside the one for all."""
    made = client.good("instance", "create", "--name", "one", "-o", "raw")
    instance = next(word for word in made.replace('"', " ").split() if word.startswith("kst-"))
    ports = free_port(), free_port()
    return instance, ports, ["--set", f"server.instance_listen=127.0.0.1:{ports[0]},{instance}=127.0.0.1:{ports[1]}"]


def main():
    suite = Suite("certificates")
    work = tempfile.mkdtemp(prefix="strongroom-e2e-")
    vault = None
    try:
        time = Time(work)
        vault = Vault(work)
        old = Client(vault, vault.ca)
        vault.start().close()
        instance, ports, listen = instance_of(vault, old)
        vault.stop()
        vault.serving = Serving(vault.data, vault.key, vault.port, *listen)
        name = f"{instance}.cryptoservice.kms.aliyuncs.com"
        places = [(vault.port, "localhost"), (ports[0], name), (ports[1], None)]
        first = [shown(*place) for place in places]
        process = vault.serving.process.pid

        def all_changed(before):
            return lambda: all(shown(*place) != was for place, was in zip(places, before))

        with suite.case("-", "a server that runs on makes its certificates anew before they end"):
            old.good("secret", "create", "db", "-", stdin="value")
            time.set(700)
            old.good("doctor")
            equal([shown(*place) for place in places], first)
            time.set(770)
            waiting.until(all_changed(first), "new certificates", SECONDS)
            equal(old.good("secret", "get", "db", "--reveal").strip(), "value")
            assert "Server:Certificate:Renewed" in events(old)
        second = [shown(*place) for place in places]
        with suite.case("-", "the CA's certificate is made anew, and clients with the old one go on"):
            time.set(2_800)
            waiting.until(all_changed(second), "new certificates", SECONDS)
            waiting.until(lambda: open(vault.ca).read() != open(vault.data + "/ca.pem").read(), "a new ca.pem", SECONDS)
            told = events(old)
            assert "Server:CaCertificate:Renewed" in told and "Instance:CaCertificate:Renewed" in told, told
            equal(Client(vault, vault.data + "/ca.pem").good("secret", "get", "db", "--reveal").strip(), "value")
            equal(old.good("secret", "get", "db", "--reveal").strip(), "value")
        with suite.case("-", "an ended CA file: the client says so, doctor names it, the runbook's file mends it"):
            time.set(3_500)
            said = old.good("doctor")
            assert "warn CA file" in said and "ends in 1" in said, said
            third = [shown(*place) for place in places]
            time.set(3_600)
            waiting.until(all_changed(third), "new certificates", SECONDS)
            time.set(3_700)
            refused = old.run("secret", "get", "db")
            assert refused.returncode != 0 and "certificate" in refused.stderr, refused.stderr
            told = old.run("doctor")
            assert told.returncode != 0 and "ended on" in told.stdout and "copy DATA/ca.pem" in told.stdout, told.stdout
            new = Client(vault, vault.data + "/ca.pem")
            equal(new.good("secret", "get", "db", "--reveal").strip(), "value")
            said = new.good("doctor")
            assert "fail" not in said, said
        with suite.case("-", "eleven years were one process"):
            equal((vault.serving.process.poll(), vault.serving.process.pid), (None, process))
    finally:
        if vault:
            vault.stop()
        shutil.rmtree(work, ignore_errors=True)
    suite.finish()


if __name__ == "__main__":
    main()
