"""Recovery from the outside: backups beside a server that is written to, proven restores, seal slots, a new keyring epoch, kills.

Every command is the one an operator types. 66 kills -9 at random moments of backup, restore, slot change, compaction, change
of the root and sealing again; 560 when STRONGROOM_SOAK is set (and the suite handover kills upgrades: 8, 60). The random seed is printed and can be given as
STRONGROOM_SEED.
"""

import base64
import glob
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time

from production import TOLD, Serving, free_port
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, ROOT
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import RAM, Wire

SECONDS = 60
KILLS = 400 if os.environ.get("STRONGROOM_SOAK") else 50
ROOT_KILLS_ONLINE = 40 if os.environ.get("STRONGROOM_SOAK") else 4
KILLS_ONLINE = 40 if os.environ.get("STRONGROOM_SOAK") else 2
OWN = "2026-11-01"
SEED = int(os.environ.get("STRONGROOM_SEED", random.SystemRandom().randrange(1 << 32)))
CLI = os.path.join(ROOT, "build", "bin", "strongroom")
SECRETS = 60


class Vault:
    """A production directory and what it takes to use it."""

    def __init__(self, work):
        self.work = work
        self.data = os.path.join(work, "data")
        self.key = os.path.join(work, "seal.key")
        self.backups = os.path.join(work, "backups")
        os.mkdir(self.backups)
        self.port = free_port()
        self.serving = None
        printed = self.run("init", "--seal-file", self.key, "--seal-file-same-disk").stdout
        self.access = re.search(r"LTAI\w{20}", printed).group(0), re.search(r"(?<!\w)(?!LTAI)[A-Za-z0-9]{30}(?!\w)", printed).group(0)
        self.ca = os.path.join(work, "ca.pem")
        shutil.copy(os.path.join(self.data, "ca.pem"), self.ca)

    def command(self, *words, data=None, key=None, seal=None):
        """`seal`: settings in place of the key file."""
        seal = [word for setting in seal or [f"seal.file={key or self.key}"] for word in ("--set", setting)]
        return [DEFAULT_SERVER, *words, "--data", data or self.data, *seal, "--set", f"backup.directory={self.backups}", "--set",
                "backup.rate=0", *TOLD]

    def run(self, *words, data=None, key=None, seal=None, good=True, stdin=None):
        done = subprocess.run(self.command(*words, data=data, key=key, seal=seal), capture_output=True, timeout=SECONDS, text=True,
                              **({"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}))
        assert good is None or (done.returncode == 0) == good, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, data=None, key=None, more=()):
        more = ["--set", f"backup.directory={self.backups}", *more]
        self.serving = Serving(data or self.data, key or self.key, self.port, *more)
        return self.wire()

    def stop(self):
        if self.serving:
            self.serving.stop()
        self.serving = None

    def kill(self):
        self.serving.process.kill()
        self.serving.process.wait(SECONDS)
        self.serving = None

    def wire(self):
        return Wire(f"127.0.0.1:{self.port}", self.ca, *self.access)

    def newest(self):
        return max(glob.glob(self.backups + "/*.backup"), key=os.path.getmtime)


def create(wire, name, value):
    wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": value}, place="form")


def value(wire, name):
    return wire.ok("GetSecretValue", {"SecretName": name})["SecretData"]


def check_backups(suite, vault):
    wire = vault.start()
    for i in range(SECRETS):
        create(wire, f"s{i}", f"value{i}")
    with suite.case("-", "a backup is one state while eight writers go on, and none of their calls fails"):
        stop, failures = threading.Event(), []

        def write(number):
            mine, count = vault.wire(), 0
            while not stop.is_set():
                try:
                    create(mine, f"w{number}-{count}", "w")
                except Exception as error:  # noqa: BLE001
                    failures.append(repr(error))
                    return
                count += 1

        threads = [threading.Thread(target=write, args=(i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        vault.run("backup", "create")
        stop.set()
        for thread in threads:
            thread.join()
        equal(failures, [])
        vault.run("drill")
        told = wire.ok("DescribeRecovery", version=OWN)["Backup"]
        assert told["LastBackupTime"] and told["LastProvenRestoreTime"] and not told["LastFailure"], told
    with suite.case("-", "an increment is small and restores with its base"):
        full = vault.newest()
        time.sleep(1.1)  # names of backups count seconds
        vault.run("backup", "create")  # what the eight wrote after the full one, however much that was
        create(wire, "later", "of the increment")
        time.sleep(1.1)
        vault.run("backup", "create")
        assert vault.newest().endswith("-incr.backup"), vault.newest()
        assert os.path.getsize(vault.newest()) < os.path.getsize(full) / 2
        proven = vault.run("restore", "--from", vault.newest(), "--verify").stdout
        assert "proven" in proven and not os.path.exists(vault.data + ".proof.restoring"), proven
    with suite.case("-", "verify needs nothing but the file, and says what opens it"):
        done = subprocess.run([DEFAULT_SERVER, "backup", "verify", vault.newest()], capture_output=True, text=True, timeout=SECONDS)
        equal(done.returncode, 0, done.stderr)
        assert "check value" in done.stdout and "signed by" in done.stdout, done.stdout
        vault.run("backup", "verify", "--open", vault.newest())
        body = bytearray(open(vault.newest(), "rb").read())
        damaged = os.path.join(vault.backups, "damaged.backup")  # beside its base
        body[len(body) // 2] ^= 1
        open(damaged, "wb").write(body)
        assert "Backup.Damaged" in vault.run("backup", "verify", damaged, good=False).stderr
        assert "Backup.Damaged" in vault.run("restore", "--from", damaged, data=vault.data + "2", good=False).stderr
        os.unlink(damaged)
        assert not os.path.exists(vault.data + "2")
    with suite.case("-", "a backup goes through a pipe"):
        piped = subprocess.run(vault.command("backup", "create", "--out", "-"), stdin=subprocess.DEVNULL, capture_output=True,
                               timeout=SECONDS)
        equal(piped.returncode, 0, piped.stderr)
        done = subprocess.run(vault.command("restore", "--from", "-", data=vault.data + "-piped"), input=piped.stdout,
                              capture_output=True, timeout=SECONDS)
        equal(done.returncode, 0, done.stderr)
        shutil.rmtree(vault.data + "-piped")
    wire.close()


def check_age(suite, vault):
    """With the keys and the program that operators have: age-keygen and age."""
    identity, stranger, path = (os.path.join(vault.work, name) for name in ("identity.txt", "stranger.txt", "age.backup"))
    for file in (identity, stranger):
        subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True, timeout=SECONDS)
    recipient = re.search(r"age1\w+", open(identity).read()).group(0)
    with suite.case("-", "a backup for age recipients opens with their identity and the seal, not with one of them"):
        assert "age recipient" in vault.run("backup", "create", "--out", path, "--age-recipient", recipient).stdout
        vault.run("backup", "verify", path)
        vault.run("backup", "verify", "--open", path, "--age-identity-file", identity)
        for more in ([], ["--age-identity-file", stranger]):
            told = vault.run("restore", "--from", path, *more, data=vault.data + "-age", good=False).stderr
            assert "identity file of one of" in told, told
        other = os.path.join(vault.work, "other.key")
        with open(other, "wb") as file:
            file.write(os.urandom(32))
        os.chmod(other, 0o600)
        vault.run("restore", "--from", path, "--age-identity-file", identity, data=vault.data + "-age", key=other, good=False)
        vault.run("restore", "--from", path, "--age-identity-file", identity, data=vault.data + "-age")
        vault.stop()
        wire = vault.start(data=vault.data + "-age")
        equal(value(wire, "s7"), "value7")
        wire.close()
        vault.stop()
        shutil.rmtree(vault.data + "-age")
    with suite.case("-", "the age program itself opens what is wrapped in the manifest"):
        head = open(path, "rb").read(1 << 16)
        wrapped = base64.b64decode(re.search(rb"\nage (\S+)\n", head).group(1))
        opened = subprocess.run(["age", "-d", "-i", identity], input=wrapped, check=True, capture_output=True, timeout=SECONDS).stdout
        equal(len(opened), 32)
    with suite.case("-", "what is no age key is refused before anything is written"):
        told = vault.run("backup", "create", "--out", path + "2", "--age-recipient", "age1nonsense", good=False).stderr
        assert "backup.age_recipients" in told and not os.path.exists(path + "2"), told
    vault.start().close()


def check_restore(suite, vault):
    wire = vault.wire()
    with suite.case("-", "what is restored serves; sessions and keys that died since stay dead"):
        wire.ok("CreateUser", {"UserName": "app"}, version=RAM)
        made = wire.ok("CreateAccessKey", {"UserName": "app"}, version=RAM)["AccessKey"]
        wire.ok("AttachPolicyToUser", {"UserName": "app", "PolicyName": "AliyunKMSFullAccess", "PolicyType": "System"}, version=RAM)
        app = wire.with_keys(made["AccessKeyId"], made["AccessKeySecret"])
        equal(value(app, "s1"), "value1")
        time.sleep(1.1)
        vault.run("backup", "create")
        create(wire, "lost", "written after the backup")
        wire.ok("DeleteAccessKey", {"UserName": "app", "UserAccessKeyId": made["AccessKeyId"]}, version=RAM)
        time.sleep(0.5)
        wire.close()
        vault.stop()
        lost = vault.data + ".lost"
        os.rename(vault.data, lost)
        told = vault.run("restore", "--from", vault.newest(), "--audit", lost + "/audit").stdout
        assert made["AccessKeyId"] in told and "1 keys" in told, told
        wire = vault.start()
        equal(value(wire, "s7"), "value7")
        equal(value(wire, "later"), "of the increment")
        equal(wire.acs3("GetSecretValue", {"SecretName": "lost"}).status, 404)
        assert app.acs3("GetSecretValue", {"SecretName": "s1"}).status in (400, 403, 404)
        create(wire, "after", "the restore")
        vault.stop()
        with_audit = subprocess.run([CLI, "audit", "verify", vault.data], capture_output=True, text=True, timeout=SECONDS)
        equal(with_audit.returncode, 0, with_audit.stderr)
        shutil.rmtree(lost)
    with suite.case("-", "a data directory is never overwritten"):
        assert "Restore.NotEmpty" in vault.run("restore", "--from", vault.newest(), good=False).stderr
    with suite.case("-", "the server takes backups and proves them by itself, and says so"):
        before = len(glob.glob(vault.backups + "/*"))
        os.unlink(os.path.join(vault.data, "recovery-status")) if os.path.exists(vault.data + "/recovery-status") else None
        wire = vault.start(more=["--set", "backup.interval_minutes=1", "--set", "backup.drill_interval_minutes=1"])
        deadline, said = time.monotonic() + SECONDS, ""
        while time.monotonic() < deadline and not ("last-backup " in said and "last-drill " in said):
            said = open(vault.data + "/recovery-status").read() if os.path.exists(vault.data + "/recovery-status") else ""
            time.sleep(0.1)
        assert "last-backup " in said and "last-drill " in said and "failure" not in said, said
        assert len(glob.glob(vault.backups + "/*")) > before
        wire.close()
        vault.stop()


def check_seal(suite, vault):
    work = vault.work
    with suite.case("-", "slots are added, replaced and removed beside a running server"):
        wire = vault.start()
        phrase, shares, second = (os.path.join(work, name) for name in ("phrase", "shares", "second.key"))
        with open(os.open(phrase, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write("correct horse battery staple\n")
        vault.run("seal", "slot", "add", "--passphrase-file", phrase)
        vault.run("seal", "slot", "add", "--shares", "2/3", "--shares-out", shares)
        listed = vault.run("seal", "slot", "ls").stdout
        assert "passphrase" in listed and "any 2 of 3" in listed, listed
        vault.run("seal", "slot", "replace", "1", "--new-file", second)
        equal(value(wire, "s3"), "value3")
        wire.close()
        vault.stop()
    with suite.case("-", "the replaced key opens nothing and is told which key is needed"):
        refused = vault.run("upgrade", "--check", good=False).stderr
        old = re.search(r"the key with check value (\w{12})", refused)
        need = re.search(r"needs slot 1 with check value (\w{12})", refused)
        assert old and need and old.group(1) != need.group(1), refused
        vault.key = second
        vault.run("upgrade", "--check")
    with suite.case("-", "two of three shares open it, one does not, a mistyped one does not"):
        def by_shares(*numbers, good=True):
            files = ",".join(f"{shares}/share-{i}" for i in numbers)
            vault.run("upgrade", "--check", seal=[f"seal.share_files={files}"], good=good)
        by_shares(1, 3)
        by_shares(2, 3)
        by_shares(2, good=False)
        by_shares(2, 2, good=False)
    with suite.case("-", "shares that are shown are asked back before the slot is written"):
        before = vault.run("seal", "slot", "ls").stdout
        refused = vault.run("seal", "slot", "add", "--shares", "2/3", good=False, stdin="strongroom-share-1:00\n").stderr
        assert "Shares.DoNotFit" in refused, refused
        equal(vault.run("seal", "slot", "ls").stdout, before)
    with suite.case("-", "a slot goes; the last one stays"):
        for slot in ("2", "3"):
            vault.run("seal", "slot", "rm", slot)
        assert "Seal.LastSlot" in vault.run("seal", "slot", "rm", "1", good=False).stderr


def pin_files(vault):
    pins = {}
    for name, pin in (("right", "4711-pin"), ("wrong", "4712-pin")):
        pins[name] = os.path.join(vault.work, f"pin-{name}")
        with open(os.open(pins[name], os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
            out.write(pin + "\n")
    return pins


TOKEN_MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def make_token(work):
    """The folder of a SoftHSM of its own, with one token; the environment names it to what is started from now on."""
    folder = os.path.join(work, "tokens")
    os.mkdir(folder)
    os.environ["SOFTHSM2_CONF"] = os.path.join(work, "softhsm2.conf")
    with open(os.environ["SOFTHSM2_CONF"], "w", encoding="utf-8") as out:
        out.write(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    init_token()
    return folder


def init_token():
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "strongroom test", "--pin", "4711-pin", "--so-pin", "0815-so"],
                   check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)


def check_token(suite, vault):
    """A PKCS#11 token (SoftHSM) as a slot, and what its absence does and does not."""
    folder, module = make_token(vault.work), TOKEN_MODULE
    pins = pin_files(vault)
    seal = [f"seal.token_module={module}", f"seal.token_pin_file={pins['right']}"]
    add = ["seal", "slot", "add", "--token-module", module, "--token", "strongroom test", "--token-pin-file", pins["right"]]
    with suite.case("-", "a token slot is added beside the others and opens the data"):
        told = vault.run(*add).stdout
        assert "token strongroom test, key strongroom-seal" in told, told
        assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
        number = re.search(r"(?m)^(\d+) +token", told).group(1)
    with suite.case("-", "the token is needed at a start alone"):
        vault.serving = Serving(vault.data, vault.key, vault.port, "--set", "seal.file=", *[w for s in seal for w in ("--set", s)])
        wire = vault.wire()
        os.rename(folder, folder + ".unplugged")
        os.mkdir(folder)
        try:
            create(wire, "no-token", "x")
            equal(value(wire, "no-token"), "x")
            refused = vault.run("upgrade", "--check", seal=seal, good=False).stderr
            assert "Hsm.NoToken" in refused and "could not be opened" in refused, refused
        finally:
            os.rmdir(folder)
            os.rename(folder + ".unplugged", folder)
            wire.close()
            vault.stop()
    with suite.case("-", "what goes wrong with a token has a name: PIN, module, key"):
        wrong = [seal[0], f"seal.token_pin_file={pins['wrong']}"]
        assert "Hsm.WrongPin" in vault.run("upgrade", "--check", seal=wrong, good=False).stderr
        absent = ["seal.token_module=/nowhere.so", seal[1]]
        assert "Hsm.NoModule" in vault.run("upgrade", "--check", seal=absent, good=False).stderr
        assert "Seal.NoPin" in vault.run("upgrade", "--check", seal=seal[:1], good=False).stderr
        os.rename(folder, folder + ".kept")
        os.mkdir(folder)
        init_token()
        assert "Hsm.NoKey" in vault.run("upgrade", "--check", seal=seal, good=False).stderr
        vault.run(*add)  # makes another key of that label; both slots are of this kind
        assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
        listed = vault.run("seal", "slot", "ls").stdout
        for other in re.findall(r"(?m)^(\d+) +token", listed):
            if other != number:
                vault.run("seal", "slot", "rm", other)
        assert "Hsm.OtherKey" in vault.run("upgrade", "--check", seal=seal, good=False).stderr
        shutil.rmtree(folder)
        os.rename(folder + ".kept", folder)
        assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
    with suite.case("-", "a backup is restored with the token, and the slot is removed"):
        vault.run("restore", "--from", backup_now(vault), "--verify", seal=seal)
        vault.run("seal", "slot", "rm", number)
        assert "Seal.NoSuchSlot" in vault.run("upgrade", "--check", seal=seal, good=False).stderr


def check_tpm(suite, vault):
    """A TPM (swtpm) as a slot, with a PIN and without, and what its absence does and does not."""
    pins = pin_files(vault)
    with Throwaway("swtpm") as other:
        with Throwaway("swtpm") as tpm:
            tcti = f"seal.tpm_tcti={tpm['tcti']}"
            seal = [tcti, f"seal.tpm_pin_file={pins['right']}"]
            with suite.case("-", "a TPM slot is added beside the others and opens the data"):
                told = vault.run("seal", "slot", "add", "--tpm-tcti", tpm["tcti"], "--tpm-pin-file", pins["right"]).stdout
                number = re.search(r"(?m)^(\d+) +tpm .* with a PIN$", told).group(1)
                assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
                vault.run("restore", "--from", backup_now(vault), "--verify", seal=seal)
            with suite.case("-", "what goes wrong with a TPM has a name: PIN, TPM, none"):
                wrong = [tcti, f"seal.tpm_pin_file={pins['wrong']}"]
                assert "Tpm.WrongPin" in vault.run("upgrade", "--check", seal=wrong, good=False).stderr
                assert "Seal.NoPin" in vault.run("upgrade", "--check", seal=[tcti], good=False).stderr
                theirs = [f"seal.tpm_tcti={other['tcti']}", seal[1]]
                assert "Tpm.OtherTpm" in vault.run("upgrade", "--check", seal=theirs, good=False).stderr
                nowhere = ["seal.tpm_tcti=device:/nowhere", seal[1]]
                assert "Tpm.NoTpm" in vault.run("upgrade", "--check", seal=nowhere, good=False).stderr
                assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
            vault.serving = Serving(vault.data, vault.key, vault.port, "--set", "seal.file=", *[w for s in seal for w in ("--set", s)])
        with suite.case("-", "the TPM is needed at a start alone"):
            wire = vault.wire()
            create(wire, "no-tpm", "x")
            equal(value(wire, "no-tpm"), "x")
            wire.close()
            vault.stop()
            assert "Tpm.NoTpm" in vault.run("upgrade", "--check", seal=seal, good=False).stderr
        with suite.case("-", "the slot is replaced by one of another TPM, without a PIN, and removed"):
            told = vault.run("seal", "slot", "replace", number, "--tpm-tcti", other["tcti"]).stdout
            assert re.search(rf"(?m)^{number} +tpm .* without a PIN$", told), told
            assert "ready" in vault.run("upgrade", "--check", seal=theirs[:1]).stdout
            vault.run("seal", "slot", "rm", number)
            assert "Seal.NoSuchSlot" in vault.run("upgrade", "--check", seal=theirs, good=False).stderr


def check_kms(suite, vault):
    """Another Strongroom's key as a slot, and what its absence does and does not."""
    folder = os.path.join(vault.work, "other")
    os.mkdir(folder)
    other = Vault(folder)
    access = os.path.join(folder, "access")
    with open(os.open(access, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
        out.write(" ".join(other.access) + "\n")
    try:
        theirs = other.start()
        key = theirs.ok("CreateKey")["KeyMetadata"]["KeyId"]
        place = {"endpoint": f"127.0.0.1:{other.port}", "ca_file": other.ca, "access_key_file": access}
        seal = [f"seal.kms_{name}={text}" for name, text in place.items()]
        with suite.case("-", "a slot of another KMS is added beside the others and opens the data"):
            flags = [word for name, text in place.items() for word in (f"--kms-{name.replace('_', '-')}", text)]
            told = vault.run("seal", "slot", "add", *flags, "--kms-key", key).stdout
            number = re.search(r"(?m)^(\d+) +kms", told).group(1)
            assert "ready" in vault.run("upgrade", "--check", seal=seal).stdout
            assert "Seal.NoAccessKey" in vault.run("upgrade", "--check", seal=seal[:2], good=False).stderr
        with suite.case("-", "its key disabled: refused by that name, and opened again when it is enabled"):
            theirs.ok("DisableKey", {"KeyId": key})
            assert "Kms.Rejected.Disabled" in vault.run("upgrade", "--check", seal=seal, good=False).stderr
            theirs.ok("EnableKey", {"KeyId": key})
        with suite.case("-", "the other KMS is needed at a start alone"):
            vault.serving = Serving(vault.data, vault.key, vault.port, "--set", "seal.file=", *[w for s in seal for w in ("--set", s)])
            theirs.close()
            other.stop()
            wire = vault.wire()
            create(wire, "no-kms", "x")
            equal(value(wire, "no-kms"), "x")
            wire.close()
            vault.stop()
            vault.run("upgrade", "--check", seal=seal, good=False)
            vault.run("seal", "slot", "rm", number)
    finally:
        other.stop()
        vault.stop()


def backup_now(vault):
    path = os.path.join(vault.work, f"now-{time.time_ns()}.backup")
    vault.run("backup", "create", "--out", path)
    return path


def check_epochs(suite, vault):
    with suite.case("-", "a new keyring epoch of a stopped server: every record is sealed again and still served"):
        told = vault.run("keyring", "rotate").stdout
        assert "epoch     2" in told and " 0 left" in told, told
        wire = vault.start()
        equal(value(wire, "s5"), "value5")
        assert "in use" in vault.run("keyring", "rotate", good=False).stderr
        wire.close()
        vault.stop()
        checked = vault.run("upgrade", "--check").stdout
        assert "ready" in checked and "wait for being sealed" not in checked, checked
        vault.run("compact")
        vault.run("upgrade", "--check")
    with suite.case("-", "a backup of the old epoch is still restorable"):
        vault.run("restore", "--from", vault.newest(), "--verify", key=os.path.join(vault.work, "seal.key"))


def recovery_of(wire):
    return wire.ok("DescribeRecovery", version=OWN)


def wait_until_epoch(wire, epoch):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        keyring = recovery_of(wire)["Keyring"]
        if keyring["Epoch"] == epoch:
            return keyring
        time.sleep(0.05)
    raise AssertionError(f"epoch {epoch} has not begun: {keyring}")


def wait_until_resealed(wire):
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        keyring = recovery_of(wire)["Keyring"]
        if keyring["Epochs"] == 1:
            equal(keyring["ResealedPercent"], 100)
            return keyring
        time.sleep(0.1)
    raise AssertionError(f"not sealed again: {keyring}")


def check_epochs_online(suite, vault, chance):
    environment = {**os.environ, "STRONGROOM_ENDPOINT": f"localhost:{vault.port}", "STRONGROOM_CA_FILE": vault.ca,
                   "ALIBABA_CLOUD_ACCESS_KEY_ID": vault.access[0], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": vault.access[1]}

    def strongroom(*words):
        done = subprocess.run([CLI, *words], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        equal(done.returncode, 0, done.stderr)
        return done.stdout

    with suite.case("-", "a new epoch of a running server: writers and readers go on, nothing is left under the old one"):
        wire = vault.start()
        epoch = recovery_of(wire)["Keyring"]["Epoch"]
        stop, failures = threading.Event(), []

        def work(number):
            mine, count = vault.wire(), 0
            while not stop.is_set():
                try:
                    create(mine, f"epoch{number}-{count}", str(count))
                    equal(value(mine, f"epoch{number}-{count // 2}"), str(count // 2))
                    equal(value(mine, f"s{count % SECRETS}"), f"value{count % SECRETS}")
                    count += 1
                    time.sleep(0.01)
                except Exception as error:  # noqa: BLE001
                    failures.append(repr(error))
                    return
            mine.close()

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        assert f"Epoch {epoch + 1} begins" in strongroom("keyring", "rotate")
        wait_until_epoch(wire, epoch + 1)
        keyring = wait_until_resealed(wire)
        stop.set()
        for thread in threads:
            thread.join()
        equal(failures, [])
        equal((keyring["Epoch"], keyring["Shredded"]), (epoch + 1, False))
        assert "waits for `strongroom compact`" in strongroom("keyring", "status")
        assert "Keyring" in strongroom("status")
        wire.close()
        vault.stop()
        checked = vault.run("upgrade", "--check").stdout
        assert "ready" in checked and "wait for being sealed" not in checked, checked
    vault.stop()
    with suite.case("-", "shredding is complete once the store has been compacted, and status says so"):
        vault.run("compact")
        wire = vault.start()
        epoch += 1
        told = recovery_of(wire)["Keyring"]
        equal((told["Epoch"], told["Shredded"]), (epoch, True))
        assert "complete for what was deleted before" in strongroom("keyring", "status")
        assert "complete for what was deleted before" in strongroom("status")
    with suite.case("-", "kill -9 anywhere after the rotation was answered: the next start finishes it"):
        for number in range(KILLS_ONLINE):
            wire.ok("RotateKeyring", version=OWN)
            epoch += 1
            # The walk begins five seconds after the epoch, when nobody writes under the old one any more.
            time.sleep(0 if number == 0 else 4.9 + chance.random() * 0.8)
            wire.close()
            vault.kill()
            wire = vault.start()
            wait_until_epoch(wire, epoch)
            for i in range(0, SECRETS, 7):
                equal(value(wire, f"s{i}"), f"value{i}")
        equal(wait_until_resealed(wire)["Epoch"], epoch)
        wire.close()
        vault.stop()
        assert "wait for being sealed" not in vault.run("upgrade", "--check").stdout


def root_of(wire):
    return recovery_of(wire)["Root"]


def check_root(suite, vault, chance):
    """Another root: beside a server, with slots whose secrets are not there, with kills, and what the old one still opens."""
    phrase = os.path.join(vault.work, "root.phrase")
    with open(os.open(phrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
        out.write("a phrase for the root\n")
    vault.run("seal", "slot", "add", "--passphrase-file", phrase)
    old = os.path.join(vault.work, "old-seal")
    shutil.copy(os.path.join(vault.data, "seal"), old)
    kept = os.path.join(vault.work, "old-root.backup")
    vault.run("backup", "create", "--out", kept)
    with suite.case("-", "a slot whose secret is not given is named, and nothing is changed"):
        refused = vault.run("root", "rotate", good=False).stderr
        assert "(passphrase): its secret was not given" in refused and "--remove-slot" in refused, refused
        equal(open(old, "rb").read(), open(os.path.join(vault.data, "seal"), "rb").read())
    with suite.case("-", "a new root beside a running server: readers, writers and backups go on"):
        wire = vault.start()
        number = root_of(wire)["Number"]
        stop, failures = threading.Event(), []

        def work(mine, who):
            count = 0
            try:
                while not stop.is_set():
                    create(mine, f"root{who}-{count}", str(count))
                    equal(value(mine, f"s{count % SECRETS}"), f"value{count % SECRETS}")
                    count += 1
            except Exception as error:  # noqa: BLE001
                failures.append(repr(error))
            mine.close()

        threads = [threading.Thread(target=work, args=(vault.wire(), i)) for i in range(4)]
        for thread in threads:
            thread.start()
        vault.run("root", "rotate", "--passphrase-file", phrase)
        vault.run("backup", "create")
        wire.ok("RotateKeyring", version=OWN)
        vault.run("root", "rotate", "--passphrase-file", phrase)
        stop.set()
        for thread in threads:
            thread.join()
        equal(failures, [])
        told = root_of(wire)
        equal((told["Number"], told["Changing"], told["FormatEpoch"]), (number + 2, False, 2))
        vault.run("drill")
    with suite.case("-", "kill -9 of the server while the root is replaced: the next start follows it"):
        for _ in range(ROOT_KILLS_ONLINE):
            before = root_of(wire)["Number"]
            wire.close()
            asked = subprocess.Popen(vault.command("root", "rotate", "--passphrase-file", phrase), stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1 + chance.random())  # argon2id takes about a second, following half of one
            vault.kill()
            asked.kill()
            asked.wait(SECONDS)
            wire = vault.start()
            deadline = time.monotonic() + SECONDS
            while root_of(wire)["Changing"] and time.monotonic() < deadline:
                time.sleep(0.05)
            told = root_of(wire)
            assert told["Changing"] is False and told["Number"] in (before, before + 1), told
            equal(value(wire, "s5"), "value5")
        wire.close()
        vault.stop()
    with suite.case("-", "the old root opens nothing: an old seal beside today's store is refused"):
        now = open(os.path.join(vault.data, "seal"), "rb").read()
        shutil.copy(old, os.path.join(vault.data, "seal"))
        refused = vault.run("upgrade", "--check", good=False).stderr
        assert "does not open with this root key" in refused, refused
        with open(os.path.join(vault.data, "seal"), "wb") as out:
            out.write(now)
        vault.run("upgrade", "--check", seal=[f"seal.passphrase_file={phrase}"])
    with suite.case("-", "a backup from before the new root is restored with the slots of its day"):
        vault.run("restore", "--from", kept, "--verify")
    with suite.case("-", "the slot that the configuration opens is not given up; another one is, by its number"):
        vault.run("root", "rotate", "--remove-slot", "1", good=False)
        slot = [line.split()[0] for line in vault.run("seal", "slot", "ls").stdout.split("\n") if "passphrase" in line]
        told = vault.run("root", "rotate", "--remove-slot", slot[0]).stdout
        assert "opens nothing of this directory" in told, told
        vault.run("upgrade", "--check", seal=[f"seal.passphrase_file={phrase}"], good=False)
        vault.run("upgrade", "--check")


def command(*words, good=True, **options):
    done = subprocess.run([DEFAULT_SERVER, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, **options)
    assert good is None or (done.returncode == 0) == good, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def check_contents(data, port, expected):
    wire = Wire(f"127.0.0.1:{port}", os.path.join(data, "ca.pem"), *expected["access_key"])
    for secret, wanted in expected["values"].items():
        equal(value(wire, secret), wanted)
    equal(wire.ok("Decrypt", {"CiphertextBlob": expected["blob"]})["Plaintext"], expected["plaintext"])
    wire.close()


def format_of(data):
    return int.from_bytes(open(os.path.join(data, "superblock"), "rb").read()[8:10], "big")


def check_upgrade(data, key, port, expected, flags):
    """The format that a release wrote, its backup, and both upgraded."""
    before, backup, again = format_of(data), data + ".backup", data + ".again"
    command("backup", "create", "--out", backup, *flags)
    serving = Serving(data, key, port)
    try:
        for _ in range(2):  # the second time there is nothing to do
            command("upgrade", *flags)
            equal(format_of(data), 2)
            check_contents(data, port, expected)
        equal(os.path.exists(data + "/seal.epoch-1"), before == 1)
        command("root", "rotate", *flags)
        assert not os.path.exists(data + "/seal.epoch-1")
        check_contents(data, port, expected)
    finally:
        serving.stop()
    command("upgrade", "--check", *flags)
    restored = ["--data", again, *flags[2:]]
    told = command("restore", "--from", backup, *restored).stdout
    equal(format_of(again), before)
    equal("strongroomd upgrade" in told, before == 1)
    command("upgrade", *restored)
    serving = Serving(again, key, port)
    try:
        check_contents(data, port, expected)  # with the certificate that lies beside the original
    finally:
        serving.stop()


def check_formats(suite, work):
    """Every format that a release has written is opened, and one from the future is refused."""
    for archive in sorted(glob.glob(os.path.join(ROOT, "tests", "formats", "*.tar.gz"))):
        name = os.path.basename(archive)
        with suite.case("-", f"the data directory {name} is proved, served and read"):
            here = tempfile.mkdtemp(dir=work)
            with tarfile.open(archive) as packed:
                packed.extractall(here)
            with open(os.path.join(here, "expected.json"), encoding="utf-8") as file:
                expected = json.load(file)
            data, key, port = os.path.join(here, "data"), os.path.join(here, "seal.key"), free_port()
            flags = ["--data", data, "--set", f"seal.file={key}", *TOLD]
            checked = subprocess.run([DEFAULT_SERVER, "upgrade", "--check", *flags], capture_output=True, text=True, timeout=SECONDS)
            equal(checked.returncode, 0, checked.stderr)
            serving = Serving(data, key, port)
            try:
                check_contents(data, port, expected)
            finally:
                serving.stop()
        with suite.case("-", f"{name} becomes the newest format and gets a new root, beside a running server"):
            check_upgrade(data, key, port, expected, flags)
        with suite.case("-", f"{name} with a newer format epoch is refused by name"):
            path = os.path.join(data, "superblock")
            block = bytearray(open(path, "rb").read())
            block[8:10] = (3).to_bytes(2, "big")
            block[59:91] = hashlib.sha256(bytes(block[:59])).digest()
            os.chmod(path, 0o600)
            open(path, "wb").write(block)
            for words in (["upgrade", "--check"], ["serve", "--listen", "127.0.0.1:0"]):
                refused = subprocess.run([DEFAULT_SERVER, *words, *flags], capture_output=True, text=True, timeout=SECONDS)
                assert refused.returncode != 0 and "format epoch 3" in refused.stderr, refused


def check_kills(suite, vault, chance):
    full = os.path.join(vault.work, "kept.backup")
    vault.run("backup", "create", "--out", full)
    target = vault.data + ".again"

    def restored():
        vault.run("restore", "--from", full, data=target)
        shutil.rmtree(target)

    def backed_up():
        assert not [f for f in glob.glob(vault.backups + "/*.backup") if vault.run("backup", "verify", f, good=None).returncode]

    def sealed():
        if os.path.exists(fresh):
            os.unlink(fresh)

    fresh = os.path.join(vault.work, "fresh.key")
    acts = {
        "backup": (("backup", "create", "--out", os.path.join(vault.work, "killed.backup")), vault.data, backed_up),
        "restore": (("restore", "--from", full), target, restored),
        "slot": (("seal", "slot", "add", "--new-file", fresh), vault.data, sealed),
        "compact": (("compact",), vault.data, lambda: None),
        "root": (("root", "rotate"), vault.data, lambda: vault.run("upgrade", "--check")),
    }
    for name, (words, data, after) in acts.items():
        with suite.case("-", f"kill -9 during {name}: what is there serves, or the next command says what to do"):
            started = time.monotonic()
            vault.run(*words, data=data, good=None)
            usual = time.monotonic() - started
            shutil.rmtree(target, ignore_errors=True)
            for path in (fresh, os.path.join(vault.work, "killed.backup")):
                if os.path.exists(path):
                    os.unlink(path)
            for _ in range(KILLS // 5):
                process = subprocess.Popen(vault.command(*words, data=data), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL)
                time.sleep(chance.random() * usual)
                process.kill()
                process.wait(SECONDS)
                if os.path.exists(target):
                    shutil.rmtree(target)
                if os.path.exists(os.path.join(vault.work, "killed.backup")):
                    vault.run("backup", "verify", "--open", os.path.join(vault.work, "killed.backup"))
                    os.unlink(os.path.join(vault.work, "killed.backup"))
                after()
                listed = vault.run("seal", "slot", "ls").stdout.split("\n")
                for line in listed[1:]:
                    if line and not line.startswith("root"):
                        vault.run("seal", "slot", "rm", line.split()[0])
            vault.run("upgrade", "--check")
    with suite.case("-", "kill -9 while records are sealed again: the server finishes it, every value is there"):
        for _ in range(KILLS // 5):
            process = subprocess.Popen(vault.command("keyring", "rotate"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
            time.sleep(chance.random() * 0.3)
            process.kill()
            process.wait(SECONDS)
            vault.run("upgrade", "--check")
        vault.run("keyring", "rotate")
        wire = vault.start()
        for i in range(SECRETS):
            equal(value(wire, f"s{i}"), f"value{i}")
        wire.close()
        vault.stop()


def main():
    suite = Suite("recovery")
    work = tempfile.mkdtemp(prefix="strongroom-e2e-")
    vault = None
    try:
        vault = Vault(work)
        check_backups(suite, vault)
        check_age(suite, vault)
        check_restore(suite, vault)
        check_seal(suite, vault)
        chance = random.Random(SEED)
        print(f"seed {SEED}", flush=True)
        check_token(suite, vault)
        check_tpm(suite, vault)
        check_kms(suite, vault)
        check_epochs(suite, vault)
        check_epochs_online(suite, vault, chance)
        check_root(suite, vault, chance)
        check_formats(suite, work)
        check_kills(suite, vault, chance)
    finally:
        if vault:
            vault.stop()
        shutil.rmtree(work, ignore_errors=True)
    suite.finish()


if __name__ == "__main__":
    main()
