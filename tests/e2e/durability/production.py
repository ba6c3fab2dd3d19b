"""Production mode from the outside: init, serve, one secret over TLS, the refusals that keep the modes apart."""

import contextlib
import os
import re
import signal
import shutil
import socket
import subprocess
import tempfile
import time

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, ROOT, Server
from strongroom_e2e.wire import Wire

SECONDS = 30
CLI = os.path.join(ROOT, "build", "bin", "strongroom")
# What a test machine cannot promise; production refuses to start without a word about it.
TOLD = ["--set", "security.allow_swap=true", "--set", "security.allow_core_dumps=true"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def vault_maker():
    """Gives make(kind, name): a vault in a folder of its own. At the end all are stopped and their folders removed."""
    work, made = tempfile.mkdtemp(prefix="strongroom-e2e-"), []

    def make(kind, name):
        folder = os.path.join(work, name)
        os.mkdir(folder)
        made.append(kind(folder))
        return made[-1]

    try:
        yield make
    finally:
        for vault in made:
            vault.stop()
        shutil.rmtree(work, ignore_errors=True)


def run(*arguments):
    return subprocess.run([DEFAULT_SERVER, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)


class Serving:
    def __init__(self, data, key, port, *more):
        self.process = subprocess.Popen(
            [DEFAULT_SERVER, "serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--set", f"seal.file={key}", *TOLD, *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise AssertionError(self.process.stderr.read().decode()) from None
                time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(SECONDS)


def instances(data, key, port, wire, ca):
    """Two instances, each with a secret that the other's endpoint does not know; a third one is not there."""
    serving, found, ports = Serving(data, key, port), [], [free_port(), free_port(), free_port()]
    try:
        shared = wire(f"127.0.0.1:{port}", ca)
        for name in ("one", "two"):
            made = shared.ok("CreateInstance", {"ProductCode": "kms", "InstanceName": name}, version="2017-12-14", place="form")
            instance = made["Data"]["InstanceId"]
            shared.ok("ConnectKmsInstance", {"KmsInstanceId": instance, "VpcId": "vpc-a", "ZoneIds": "cn-hangzhou-a",
                                             "VSwitchIds": "vsw-a"}, place="form")
            made = shared.ok("CreateKey", {"DKMSInstanceId": instance})["KeyMetadata"]
            shared.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "of " + name,
                                       "DKMSInstanceId": instance, "EncryptionKeyId": made["KeyId"]}, place="form")
            chain = shared.ok("GetKmsInstance", {"KmsInstanceId": instance})["KmsInstance"]["CaCertificateChainPem"]
            found.append((name, instance, os.path.join(data, "..", name + ".pem")))
            with open(found[-1][2], "w", encoding="utf-8") as out:
                out.write(chain)
        shared.close()
    finally:
        serving.stop()
    told = [instance for _, instance, _ in found] + ["kst-nowhere"]
    told = ",".join(f"{instance}=127.0.0.1:{number}" for instance, number in zip(told, ports))
    serving = Serving(data, key, port, "--set", "server.instance_listen=" + told)
    try:
        for (name, _, ca_file), number, other in zip(found, ports, ("two", "one")):
            client = wire(f"127.0.0.1:{number}", ca_file)
            equal(client.ok("GetSecretValue", {"SecretName": name})["SecretData"], "of " + name)
            equal(client.acs3("GetSecretValue", {"SecretName": other}).code, "Forbidden.ResourceNotFound")
            client.close()
    finally:
        serving.stop()


def unfinished(work):
    """init whose root AccessKey nobody got to see: it fails, and nothing serves what it left."""
    data, key = os.path.join(work, "unseen"), os.path.join(work, "unseen.key")
    with open("/dev/full", "w", encoding="utf-8") as full:
        made = subprocess.run([DEFAULT_SERVER, "init", "--data", data, "--seal-file", key, "--seal-file-same-disk", *TOLD],
                              stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
    equal(made.returncode, 1)
    assert f"remove {data} and {key}" in made.stderr, made.stderr
    serving = run("serve", "--data", data, "--listen", "127.0.0.1:0", "--set", f"seal.file={key}", *TOLD)
    equal(serving.returncode, 1)
    assert "DataDirectory.Unfinished" in serving.stderr and "strongroomd init" in serving.stderr, serving.stderr


def passphrase_that_others_may_read(work):
    """No key file is left behind where another slot cannot be made."""
    passphrase, key = os.path.join(work, "passphrase"), os.path.join(work, "early.key")
    with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT, 0o644), "w", encoding="utf-8") as out:
        out.write("open sesame\n")
    os.chmod(passphrase, 0o644)
    refused = run("init", "--data", os.path.join(work, "early"), "--seal-file", key, "--seal-file-same-disk",
                  "--passphrase-file", passphrase, *TOLD)
    equal(refused.returncode, 1)
    assert not os.path.exists(key), refused.stderr


def mistyped():
    """What stands in the command line by mistake is not repeated: it may be a passphrase."""
    for words in (("seal", "slot", "add", "--passphrase", "hunter2"), ("seal", "slot", "add", "--passphrase=hunter2"),
                  ("init", "hunter2"), ("serve", "-%hunter2")):
        refused = run(*words)
        equal(refused.returncode, 2, refused.stderr)
        assert "hunter2" not in refused.stderr + refused.stdout and "next: strongroomd" in refused.stderr, refused.stderr


def unsealed(work, data):
    """Advice that fits: without a seal no server has to be stopped, no backup is to blame."""
    for words in (("access-key", "ls", "--data", data), ("drill", "--data", data, "--set", "seal.file=" + os.path.join(work, "none"))):
        refused = run(*words, *TOLD)
        equal(refused.returncode, 1)
        assert "next: mend the cause above" in refused.stderr, refused.stderr


def weak_passphrases(work):
    """Whoever has a copy of the directory can guess as long as he likes."""
    passphrase = os.path.join(work, "weak")
    for number, (text, code) in enumerate((("secret", 1), ("a" * 40, 1), ("abcdefg" * 6, 1), ("six words of some more length", 0))):
        with open(os.open(passphrase, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text + "\n")
        made = run("init", "--data", os.path.join(work, f"weak-{number}"), "--passphrase-file", passphrase, *TOLD)
        equal(made.returncode, code, made.stderr)
        assert ("Seal.WeakPassphrase" in made.stderr) == (code == 1), made.stderr
        assert text not in made.stderr, made.stderr


def without_audit_log(data, key, port, wire):
    """It is served, and said to whoever asks for events."""
    shutil.move(os.path.join(data, "audit"), data + ".audit")
    serving = Serving(data, key, port)
    try:
        client = wire()
        told = client.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": "AuditLog:Removed:Failure"},
                         version="2019-01-01")
        assert "AuditLog:Removed:Failure" in str(told), told
        client.close()
    finally:
        serving.stop()
    assert b"audit_log_removed" in serving.process.stderr.read()


def locked_out(data, key, port, client):
    """The root's only AccessKey is disabled; with the server stopped, whoever has the seal makes another."""
    serving = Serving(data, key, port)
    try:
        client.ok("UpdateAccessKey", {"UserAccessKeyId": client.access_key_id, "Status": "Inactive"}, version="2015-05-01")
        equal(client.acs3("GetSecretValue", {"SecretName": "p"}).code, "InvalidAccessKeyId.Inactive")
        client.close()
        told = ["--data", data, "--set", f"seal.file={key}"]
        assert "StoreInUse" in run("access-key", "new", *told).stderr
    finally:
        serving.stop()
    listed = run("access-key", "ls", *told)
    assert listed.stdout.startswith(f"{client.access_key_id}  Inactive"), listed
    made = run("access-key", "new", *told)
    equal(made.returncode, 0, made.stderr)
    pairs = [re.findall(r"AccessKey\w+ +(\w+)", made.stdout)]
    equal(run("access-key", "new", *told).returncode, 1)        # there are two
    again = run("access-key", "new", "--remove", client.access_key_id, *told)
    equal(again.returncode, 0, again.stderr)
    pairs.append(re.findall(r"AccessKey\w+ +(\w+)", again.stdout))
    serving = Serving(data, key, port)
    try:
        for pair in pairs:
            client = client.with_keys(*pair)
            equal(client.ok("GetSecretValue", {"SecretName": "p"})["SecretData"], "kept")
            client.close()
    finally:
        serving.stop()
    with open(os.path.join(data, "audit", "entries", "0" * 20), "rb") as entries:
        equal(entries.read().count(b"strongroomd access-key"), 3)
    return pairs[-1]


def looked_at(work, data, key, port, wire):
    """doctor says what would stand in the way of a restore, until it is mended as it says."""
    phrase, backups = os.path.join(work, "second"), os.path.join(work, "backups")
    os.mkdir(backups)
    with open(os.open(phrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
        out.write("correct horse battery staple\n")
    told = ["--data", data, "--set", f"seal.file={key}", *TOLD]
    environment = {**os.environ, "STRONGROOM_ENDPOINT": f"127.0.0.1:{port}", "STRONGROOM_CA_FILE": wire[0], "HOME": work,
                   "ALIBABA_CLOUD_ACCESS_KEY_ID": wire[1], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": wire[2]}

    def doctor():
        return subprocess.run([CLI, "doctor"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
                              env=environment).stdout

    serving = Serving(data, key, port)
    try:
        said = doctor()
        assert re.search(r"(?m)^ok +server +healthy", said), said
        assert re.search(r"(?m)^warn backups +none was ever taken\n +fix: strongroomd backup create", said), said
        assert re.search(r"(?m)^warn seal slots +one opens the data.*\n +fix: strongroomd seal slot add", said), said
        for words in (("backup", "create", "--set", f"backup.directory={backups}"), ("seal", "slot", "add", "--passphrase-file", phrase)):
            done = run(*words, *told)
            equal(done.returncode, 0, done.stderr)
        said = doctor()
        assert re.search(r"(?m)^ok +backups +the last one was taken", said), said
        assert re.search(r"(?m)^ok +seal slots +2$", said), said
        assert "none was ever taken" not in said and "one opens the data" not in said, said
    finally:
        serving.stop()


def main():
    suite = Suite("production")
    work = tempfile.mkdtemp(prefix="strongroom-e2e-")
    data, key, port = os.path.join(work, "data"), os.path.join(work, "seal.key"), free_port()
    printed = ""
    try:
        with suite.case("-", "init wants the key elsewhere, or to be told"):
            refused = run("init", "--data", data, "--seal-file", key)
            assert refused.returncode != 0, refused
        with suite.case("-", "init makes everything and prints the root AccessKey once"):
            made = run("init", "--data", data, "--seal-file", key, "--seal-file-same-disk")
            equal(made.returncode, 0, made.stderr)
            printed = made.stdout + made.stderr
            assert re.search(r"LTAI\w{20}", printed), printed
            assert f"strongroomd serve --data {data} --set seal.file={key}\n" in printed, printed
            equal(os.stat(key).st_mode & 0o077, 0)
            assert run("init", "--data", data, "--seal-file", key + "2", "--seal-file-same-disk").returncode != 0
        with suite.case("-", "a mistyped command line is not repeated"):
            mistyped()
        with suite.case("-", "advice fits what went wrong"):
            unsealed(work, data)
        with suite.case("-", "init without an output fails, and nobody serves the account it made"):
            unfinished(work)
        with suite.case("-", "init leaves no key file behind where it cannot go on"):
            passphrase_that_others_may_read(work)
        with suite.case("-", "init refuses a passphrase that is soon guessed"):
            weak_passphrases(work)
        with suite.case("-", "serve answers, and again after a restart"):
            key_id = re.search(r"LTAI\w{20}", printed).group(0)
            secret = re.search(r"(?<!\w)(?!LTAI)[A-Za-z0-9]{30}(?!\w)", printed).group(0)
            ca = re.search(r"\S*ca\.pem", printed).group(0)
            for number in range(2):
                serving = Serving(data, key, port)
                try:
                    wire = Wire(f"127.0.0.1:{port}", ca, key_id, secret)
                    if number == 0:
                        wire.ok("CreateSecret", {"SecretName": "p", "VersionId": "v1", "SecretData": "kept"}, place="form")
                    equal(wire.ok("GetSecretValue", {"SecretName": "p"})["SecretData"], "kept")
                    wire.close()
                finally:
                    serving.stop()
        with suite.case("-", "doctor asks for a backup and a second seal slot, until there are"):
            looked_at(work, data, key, port, (ca, key_id, secret))
        with suite.case("-", "serve opens the endpoints of the KMS instances that it is told of"):
            instances(data, key, port, lambda endpoint, ca_file: Wire(endpoint, ca_file, key_id, secret), ca)
        with suite.case("-", "who has the seal makes a root AccessKey, where none is left"):
            key_id, secret = locked_out(data, key, port, Wire(f"127.0.0.1:{port}", ca, key_id, secret))
        with suite.case("-", "an audit log that was taken away is told of"):
            without_audit_log(data, key, port, lambda: Wire(f"127.0.0.1:{port}", ca, key_id, secret))
        with suite.case("-", "serve without the key, or with a wrong one, does not start"):
            assert run("serve", "--data", data, "--listen", f"127.0.0.1:{port}", *TOLD).returncode != 0
            wrong = os.path.join(work, "wrong.key")
            with open(os.open(wrong, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
                out.write(os.urandom(os.path.getsize(key)))
            assert run("serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--set", f"seal.file={wrong}", *TOLD).returncode != 0
        with suite.case("-", "each mode refuses the other's data"):
            assert run("dev", "--data", data, "--listen", "127.0.0.1:0").returncode != 0
            server = Server()
            server.start()
            server.kill()
            assert run("serve", "--data", server.data, "--listen", f"127.0.0.1:{port}", *TOLD).returncode != 0
            shutil.rmtree(server.work)
        with suite.case("-", "serve refuses a directory that others may read"):
            os.chmod(data, 0o755)
            refused = run("serve", "--data", data, "--listen", f"127.0.0.1:{port}", "--set", f"seal.file={key}", *TOLD)
            assert refused.returncode != 0, refused
    finally:
        shutil.rmtree(work, ignore_errors=True)
    suite.finish()


if __name__ == "__main__":
    main()
