"""A restart that nobody notices: official clients of four languages, and one of our own that is strict about connections, write and
read without pause while the server is replaced by a second process, by socket activation, and by a release that fails to start.

Six restarts; 100 when STRONGROOM_SOAK is set; and one upgrade of a directory of format epoch 1, with a new root. Not one call may
fail, and none is retried.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import tarfile
import threading
import time

from production import TOLD, free_port, vault_maker
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, ROOT
from strongroom_e2e.wire import Wire

OUT = os.path.join(ROOT, "build", "e2e")
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOAK = bool(os.environ.get("STRONGROOM_SOAK"))
TAKEOVERS, ACTIVATIONS = (70, 30) if SOAK else (3, 3)
SECONDS = 60
LISTEN_FD = 3  # SD_LISTEN_FDS_START


def programs():
    return {"python": [os.path.join(OUT, "python", "bin", "python"), os.path.join(HERE, "python", "steady_load.py")],
            "node": ["node", os.path.join(HERE, "node", "steady_load.js")],
            "go": [os.path.join(OUT, "go", "steady")],
            "java": ["java", "-cp", os.environ["E2E_CLASSPATH"], "e2e.SteadyLoad"]}


class Load:
    """Everybody who must not notice."""

    def __init__(self, environment, make_wire):
        self.processes = {name: subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.PIPE,
                                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                          for name, command in programs().items()}
        self.stopping, self.calls, self.slowest, self.failures = threading.Event(), 0, 0.0, []
        self.threads = [threading.Thread(target=self.strict, args=(make_wire(), i)) for i in range(4)]
        for thread in self.threads:
            thread.start()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:  # until the slowest of them has begun
            names = make_wire().ok("ListSecrets", {"PageSize": "100"})["SecretList"]["Secret"]
            begun = {n["SecretName"].split("/")[1] for n in names}
            if begun >= {*self.processes, "wire"}:
                return
            time.sleep(0.2)
        raise AssertionError(f"only {begun} of the clients have begun")

    def strict(self, wire, number):
        """One kept-alive connection, opened again only when the server has said that it closes it."""
        wire.reconnects = False
        name, version = f"steady/wire/{number}", 0
        try:
            while not self.stopping.is_set():
                version += 1
                data = {"SecretName": name, "VersionId": str(version), "SecretData": f"value {version}"}
                started = time.monotonic()
                wire.ok("CreateSecret" if version == 1 else "PutSecretValue", data, place="form")
                equal(wire.ok("GetSecretValue", {"SecretName": name})["SecretData"], f"value {version}")
                self.slowest = max(self.slowest, time.monotonic() - started)
                self.calls += 2
        except (OSError, http.client.HTTPException, AssertionError) as error:
            self.failures.append(f"{name} version {version}: {error!r}")
        wire.close()

    def finish(self):
        """(calls of each client, what failed)"""
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        calls, failures = {"wire": self.calls}, list(self.failures)
        for name, process in self.processes.items():
            out, complaint = process.communicate(b"", timeout=SECONDS)
            assert process.returncode == 0 and out.strip(), f"{name}: {complaint.decode()[-1000:]}"
            told = json.loads(out.strip().split(b"\n")[-1])
            calls[name] = told["calls"]
            failures += told["failures"]
        return calls, failures

    def kill(self):
        self.stopping.set()
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            process.wait()


class Vault:
    def __init__(self, work):
        self.data, self.key, self.port = os.path.join(work, "data"), os.path.join(work, "seal.key"), free_port()
        self.process = None
        printed = subprocess.run([DEFAULT_SERVER, "init", "--data", self.data, "--seal-file", self.key, "--seal-file-same-disk"],
                                 stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=True).stdout
        words = printed.split()
        self.access = words[words.index("AccessKeyId") + 1], words[words.index("AccessKeySecret") + 1]
        self.account = words[words.index("account") + 1]
        self.ca = os.path.join(self.data, "ca.pem")

    def environment(self):
        return {"STRONGROOM_ENDPOINT": f"localhost:{self.port}", "STRONGROOM_CA_FILE": self.ca, "NODE_EXTRA_CA_CERTS": self.ca,
                "ALIBABA_CLOUD_ACCESS_KEY_ID": self.access[0], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.access[1],
                "STRONGROOM_REGION": "cn-hangzhou", "STRONGROOM_ACCOUNT_ID": self.account,
                "PYTHONPATH": os.path.join(HERE, "python") + ":" + HERE}

    def wire(self):
        return Wire(f"127.0.0.1:{self.port}", self.ca, *self.access)

    def run(self, *words, good=True):
        done = subprocess.run([DEFAULT_SERVER, *words, "--data", self.data, "--set", f"seal.file={self.key}", *TOLD],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        assert (done.returncode == 0) == good, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def serve(self, *words, program=DEFAULT_SERVER, **options):
        """Starts a server and waits until it serves."""
        process = subprocess.Popen([program, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", "--set",
                                    f"seal.file={self.key}", *TOLD, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, **options)
        if not process.stdout.readline().startswith(b"serving on"):
            process.kill()
            raise AssertionError(process.stderr.read().decode())
        for stream in (process.stdout, process.stderr):  # so that it never waits for us
            threading.Thread(target=stream.read, daemon=True).start()
        return process

    def take_over(self):
        """The second process serves, the first one has ended well."""
        successor = self.serve("--take-over")
        equal(self.process.wait(SECONDS), 0, "exit status of the one before")
        self.process = successor

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(SECONDS)


def told(suite, case, calls, failures, count, slowest):
    with suite.case("-", f"{case}: no call failed"):
        equal(failures, [])
        assert all(number > 20 for number in calls.values()), calls
        print(f"{case}: {count} restarts, {sum(calls.values())} calls ({calls}), 0 failed, slowest write and read {slowest:.2f} s", flush=True)


def check_succession(suite, vault):
    vault.process = vault.serve()
    load = Load(vault.environment(), vault.wire)
    try:
        with suite.case("-", "a second process takes the place of the first, again and again"):
            for _ in range(TAKEOVERS):
                vault.take_over()
                time.sleep(0.3)
        with suite.case("-", "a successor that cannot open the seal leaves everything as it is"):
            wrong = vault.key + ".wrong"
            with open(os.open(wrong, os.O_WRONLY | os.O_CREAT, 0o400), "wb") as out:
                out.write(os.urandom(32))
            refused = subprocess.run([DEFAULT_SERVER, "serve", "--take-over", "--data", vault.data, "--listen",
                                      f"127.0.0.1:{vault.port}", "--set", f"seal.file={wrong}", *TOLD], stdin=subprocess.DEVNULL,
                                     capture_output=True, text=True, timeout=SECONDS)
            assert refused.returncode != 0 and "goes on serving" in refused.stderr, refused
        with suite.case("-", "a successor that is told of a port that is taken gives the place back"):
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                failed = subprocess.run([DEFAULT_SERVER, "serve", "--take-over", "--data", vault.data, "--listen",
                                         f"127.0.0.1:{taken.getsockname()[1]}", "--set", f"seal.file={vault.key}", *TOLD],
                                        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
            assert failed.returncode != 0 and "could not start" in failed.stderr, failed
            assert vault.process.poll() is None
        with suite.case("-", "a second process that was not told to take over is refused"):
            refused = subprocess.run([DEFAULT_SERVER, "serve", "--data", vault.data, "--listen", "127.0.0.1:0", "--set",
                                      f"seal.file={vault.key}", *TOLD], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=SECONDS)
            assert refused.returncode != 0 and "in use" in refused.stderr, refused
        time.sleep(0.3)
        calls, failures = load.finish()
        told(suite, "succession", calls, failures, TAKEOVERS + 1, load.slowest)
    finally:
        load.kill()
        vault.stop()


def check_kill_of_successors(suite, vault):
    """kill -9 of the successor at moments of its start: somebody serves, or the next start does."""
    vault.process = vault.serve()
    with suite.case("-", "kill -9 of a successor: the one before serves on, or again, and no write is lost"):
        wire = vault.wire()
        for number in range(60 if SOAK else 8):
            wire.ok("CreateSecret", {"SecretName": f"killed/{number}", "VersionId": "v", "SecretData": str(number)}, place="form")
            wire.close()
            successor = subprocess.Popen([DEFAULT_SERVER, "serve", "--take-over", "--data", vault.data, "--listen",
                                          f"127.0.0.1:{vault.port}", "--set", f"seal.file={vault.key}", *TOLD],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.02 * (number % 10))
            successor.kill()
            successor.wait(SECONDS)
            try:
                vault.process.wait(0.3)  # the successor was serving already
                vault.process = vault.serve()
            except subprocess.TimeoutExpired:
                pass
            wire = vault.wire()
            equal(wire.ok("GetSecretValue", {"SecretName": f"killed/{number}"})["SecretData"], str(number))
        wire.close()
    vault.stop()


def check_activation(suite, vault):
    """The service manager holds the socket and is told how far the server is; the server comes and goes."""
    with socket.socket() as held, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(vault.data + ".manager")
        manager.settimeout(SECONDS)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", vault.port))
        held.listen(1024)
        # As a service manager does it: the socket is descriptor 3, and the process that it is for has that id.
        shell = ["sh", "-c", f'exec {LISTEN_FD}<&{held.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" "$@"']

        def serve():
            process = subprocess.Popen([*shell, DEFAULT_SERVER, "serve", "--data", vault.data, "--listen", f"127.0.0.1:{vault.port}",
                                        "--set", f"seal.file={vault.key}", *TOLD], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[held.fileno()],
                                       env={**os.environ, "NOTIFY_SOCKET": vault.data + ".manager"})
            if not process.stdout.readline().startswith(b"serving on"):
                process.kill()
                raise AssertionError(process.stderr.read().decode())
            for stream in (process.stdout, process.stderr):
                threading.Thread(target=stream.read, daemon=True).start()
            equal(manager.recv(100), b"READY=1")
            return process

        vault.process = serve()
        load = Load(vault.environment(), vault.wire)
        try:
            with suite.case("-", "the service manager's socket outlives the server: stopped and started, again and again"):
                for _ in range(ACTIVATIONS):
                    vault.process.send_signal(signal.SIGTERM)
                    equal(vault.process.wait(SECONDS), 0, "exit status")
                    equal(manager.recv(100), b"STOPPING=1")
                    vault.process = serve()
                    time.sleep(0.3)
            calls, failures = load.finish()
            told(suite, "socket activation", calls, failures, ACTIVATIONS, load.slowest)
        finally:
            load.kill()
            vault.stop()


class OldVault(Vault):
    """A directory of format epoch 1, as a release left it."""

    def __init__(self, work):  # pylint: disable=super-init-not-called
        with tarfile.open(os.path.join(ROOT, "tests", "formats", "epoch-1.tar.gz")) as packed:
            packed.extractall(work)
        with open(os.path.join(work, "expected.json"), encoding="utf-8") as file:
            self.access = tuple(json.load(file)["root_key"])
        self.data, self.key, self.port = os.path.join(work, "data"), os.path.join(work, "seal.key"), free_port()
        self.process, self.account = None, ""
        self.ca = os.path.join(self.data, "ca.pem")


def check_upgrade(suite, vault):
    """One upgrade: the release before (STRONGROOM_OLD_SERVER, else this one) serves its format, this release takes over, upgrades the
    directory and replaces the root, and is replaced itself."""
    vault.process = vault.serve(program=os.environ.get("STRONGROOM_OLD_SERVER", DEFAULT_SERVER))
    wire = vault.wire()
    vault.account = wire.ok("GetCallerIdentity", version="2015-04-01")["AccountId"]
    wire.close()
    load = Load(vault.environment(), vault.wire)
    try:
        with suite.case("-", "a new release takes over, upgrades the directory and replaces the root while everybody works"):
            time.sleep(0.3)
            if "STRONGROOM_OLD_SERVER" in os.environ:
                refused = vault.run("upgrade", good=False).stderr
                assert "Replace it by this release first" in refused, refused
            vault.take_over()
            vault.run("upgrade")
            vault.run("root", "rotate")
            time.sleep(0.3)
            vault.take_over()
            vault.run("upgrade", "--check")
            if "STRONGROOM_OLD_SERVER" in os.environ:
                refused = subprocess.run([os.environ["STRONGROOM_OLD_SERVER"], "upgrade", "--check", "--data", vault.data, "--set",
                                          f"seal.file={vault.key}"], capture_output=True, text=True, timeout=SECONDS)
                assert refused.returncode != 0 and "format epoch 2" in refused.stderr, refused
        calls, failures = load.finish()
        told(suite, "upgrade", calls, failures, 2, load.slowest)
    finally:
        load.kill()
        vault.stop()


def main():
    suite = Suite("hand-over")
    checks = (check_succession, Vault), (check_kill_of_successors, Vault), (check_activation, Vault), (check_upgrade, OldVault)
    with vault_maker() as make:
        for number, (check, kind) in enumerate(checks):
            check(suite, make(kind, str(number)))
    suite.finish()


if __name__ == "__main__":
    main()
