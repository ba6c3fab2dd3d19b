#!/usr/bin/env python3
"""Runs the end-to-end suites: real clients, the wire suite, the command line, restart and durability.

    tests/e2e/run.py [--only NAME,NAME] [--list] [--soak] [--server PATH]

Installs each client (pinned) into build/e2e/, starts strongroomd over a temporary directory on a free loopback port, runs
each suite with the environment of the server's env file, ends the server by its id. Writes build/e2e/results.json
(action x client, from which scripts/ledger.py makes docs/compatibility.md). Python standard library only.
"""

import argparse
import collections
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from strongroom_e2e import canary, prometheus  # noqa: E402
from strongroom_e2e.server import ROOT, Server, ServerError  # noqa: E402
from strongroom_e2e.wire import Wire  # noqa: E402

OUT = os.path.join(ROOT, "build", "e2e")
SUITE_SECONDS = 300
SOAK_SECONDS = 4 * 3600

Suite = collections.namedtuple("Suite", "name client install command own_server")


def run(command, **options):
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr, **options)


def once(install):
    """Runs `install` the first time it is asked for; whoever asks meanwhile waits for it."""
    lock, answer = threading.Lock(), []

    def asked():
        with lock:
            if not answer:
                answer.append(install())
            return dict(answer[0])
    return asked


def fresh(folder, *sources):
    """True if `folder` was installed from exactly these files."""
    digest = hashlib.sha256(b"".join(open(path, "rb").read() for path in sources)).hexdigest()
    stamp = os.path.join(folder, ".installed")
    if os.path.exists(stamp) and open(stamp).read() == digest:
        return True, lambda: None
    return False, lambda: open(stamp, "w").write(digest)


def python_environment(name, requirements):
    """A virtual environment build/e2e/<name> of exactly these requirements."""
    folder = os.path.join(OUT, name)
    pins = os.path.join(HERE, "python", requirements)
    done, mark = fresh(folder, pins)
    if not done:
        shutil.rmtree(folder, ignore_errors=True)
        run([sys.executable, "-m", "venv", folder])
        run([os.path.join(folder, "bin", "pip"), "install", "-q", "--disable-pip-version-check", "-r", pins])
        mark()
    return {}


@once
def install_python():
    return python_environment("python", "requirements.txt")


@once
def install_python_managed():
    return python_environment("python-managed", "managed-requirements.txt")


@once
def install_python_kms_sdk():
    """It asks for older releases than the other clients."""
    return python_environment("python-kms-sdk", "requirements-kms-sdk.txt")


@once
def install_python_logs():
    """Apart: the log service's client and the dedicated KMS client want different protobufs."""
    return python_environment("python-logs", "requirements-logs.txt")


def node_modules(name, folder):
    """build/e2e/<name> with exactly the packages of the lock file in `folder`."""
    there = os.path.join(OUT, name)
    pins = [os.path.join(HERE, folder, file) for file in ("package.json", "package-lock.json")]
    done, mark = fresh(there, *pins)
    if not done:
        shutil.rmtree(there, ignore_errors=True)
        os.makedirs(there)
        for path in pins:
            shutil.copy(path, there)
        run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"], cwd=there)
        mark()
    return os.path.join(there, "node_modules")


@once
def install_node():
    return {"NODE_PATH": node_modules("node", "node")}


@once
def install_grafana():
    """Grafana's own description of a dashboard."""
    node_modules("grafana", "grafana")
    return install_prometheus()


@once
def install_prometheus():
    prometheus.install()
    return {}


@once
def install_go():
    folder = os.path.join(OUT, "go")
    os.makedirs(folder, exist_ok=True)
    run(["go", "build", "-mod=readonly", "-buildvcs=false", "-o", folder + os.sep, "./kms20160120", "./secretsclient", "./instance", "./chain",
         "./steady", "./actiontrail", "./calls"],
        cwd=os.path.join(HERE, "go"))
    return {}


@once
def install_java():
    folder = os.path.join(OUT, "java")
    sources = [os.path.join(HERE, "java", "pom.xml")]
    code = os.path.join(HERE, "java", "src", "main", "java", "e2e")
    sources += sorted(os.path.join(code, name) for name in os.listdir(code))
    done, mark = fresh(folder, *sources)
    if not done:
        os.makedirs(folder, exist_ok=True)
        run(["mvn", "-B", "-q", "-Dstyle.color=never", "compile", "dependency:build-classpath",
             "-Dmdep.outputFile=" + os.path.join(folder, "classpath")], cwd=os.path.join(HERE, "java"))
        mark()
    return {}


def java_class_path():
    folder = os.path.join(OUT, "java")
    return os.path.join(folder, "classes") + ":" + open(os.path.join(folder, "classpath")).read()


@once
def install_kafka():
    """A broker's jars; only their class path is kept."""
    folder = os.path.join(OUT, "kafka")
    pom = os.path.join(HERE, "kafka", "pom.xml")
    done, mark = fresh(folder, pom)
    if not done:
        os.makedirs(folder, exist_ok=True)
        run(["mvn", "-B", "-q", "-Dstyle.color=never", "-f", pom, "dependency:build-classpath",
             "-Dmdep.outputFile=" + os.path.join(folder, "classpath")])
        mark()
    return {}


def java(main):
    return lambda: ["java", "-cp", java_class_path(), "e2e." + main]


def install_python_and_java():
    """For a suite that starts a Java program itself."""
    install_java()
    return {**install_python(), "E2E_CLASSPATH": java_class_path()}


def kms_sdk_jar():
    """The vendor's KMS instance SDK for Java, where somebody brings its jar."""
    path = os.environ.get("STRONGROOM_KMS_SDK_JAR", "")
    if path and not os.path.isfile(path):
        raise SystemExit("STRONGROOM_KMS_SDK_JAR names no file: " + path)
    return os.path.abspath(path) if path else ""


def install_kms_sdk():
    return {**install_java(), "E2E_MODES": "kms-sdk"}


def kms_sdk():
    """It says itself that it is left out without the jar."""
    return with_client_key(lambda: ["java", "-cp", kms_sdk_jar() + ":" + java_class_path(), "e2e.InstanceApi"])()


def install_all():
    """For a suite of clients of four languages."""
    return {**install_python_and_java(), **install_node(), **install_go()}


def python_client(script, environment="python"):
    return lambda: [os.path.join(OUT, environment, "bin", "python"), os.path.join(HERE, "python", script)]


def node_client(script):
    return lambda: ["node", os.path.join(HERE, "node", script)]


def go_client(program):
    return lambda: [os.path.join(OUT, "go", program)]


def own(*path):
    """A script of ours: its path up to the .py (or a program without an ending), then its arguments."""
    end = next((i for i, word in enumerate(path) if word.endswith(".py")), len(path) - 1 - sum(w.startswith("--") for w in path))
    return lambda: [sys.executable, os.path.join(HERE, *path[:end + 1]), *path[end + 1:]]


def with_client_key(program):
    """`program` as an application of the server's KMS instance."""
    return lambda: [sys.executable, os.path.join(HERE, "strongroom_e2e", "instance_clients.py"), *program()]


SUITES = [
    Suite("node-pop-core", "node pop-core", install_node, node_client("pop_core.js"), False),
    Suite("node-kms20160120", "node kms20160120", install_node, node_client("kms20160120.js"), False),
    Suite("node-openapi-client", "node openapi-client", install_node, node_client("openapi_client.js"), False),
    Suite("python-kms20160120", "python kms20160120", install_python, python_client("kms20160120.py"), False),
    Suite("python-instances", "python kms20160120 instances", install_python, python_client("instances.py"), False),
    Suite("python-instance-api", "python dkms-gcs", install_python, python_client("instance_api.py"), False),
    Suite("instance-refusals", "instance wire", install_python, python_client("instance_refusals.py"), False),
    Suite("instance-endpoints", "instance endpoints", install_python, python_client("instance_endpoints.py"), True),
    Suite("instance-host", "python secretsmanager-client-v2", install_python, python_client("instance_host.py"), True),
    Suite("client-key-file", "client key file", install_python, python_client("client_key_file.py"), False),
    Suite("sdk-snippets", "sdk snippets", install_all, python_client("sdk_snippets.py"), False),
    Suite("interop", "interop", install_python, python_client("interop.py"), False),
    Suite("python-dkms-transfer", "python dkms-transfer", install_python, python_client("instance_transfer.py"), False),
    Suite("python-kms-python-sdk", "python kms-python-sdk", install_python_kms_sdk,
          python_client("kms_sdk.py", "python-kms-sdk"), False),
    Suite("python-client-key-secrets", "python secret-manager-client", install_python,
          python_client("client_key_secrets.py"), False),
    Suite("client-key-bearer", "client key bearer", install_python, python_client("client_key_bearer.py"), False),
    Suite("python-sdk-kms", "python aliyun-python-sdk-kms", install_python, python_client("python_sdk_kms.py"), False),
    Suite("python-secretsmanager-v2", "python secretsmanager-client-v2", install_python,
          python_client("secretsmanager_client_v2.py"), False),
    Suite("python-secret-manager", "python secret-manager-client", install_python,
          python_client("secret_manager_client.py"), False),
    Suite("go-kms20160120", "go kms-20160120", install_go, go_client("kms20160120"), False),
    Suite("go-secretsmanager", "go secretsmanager-client", install_go, go_client("secretsclient"), False),
    Suite("go-instance", "go dkms-gcs", install_go, with_client_key(go_client("instance")), False),
    Suite("java-instance", "java dkms-gcs", install_java, with_client_key(java("InstanceApi")), False),
    Suite("java-kms-sdk", "java kms-java-sdk", install_kms_sdk, kms_sdk, False),
    Suite("java-kms20160120", "java kms20160120", install_java, java("Kms20160120"), False),
    Suite("java-secretsmanager", "java secretsmanager-client", install_java, java("SecretsManagerClient"), False),
    Suite("python-ram-sts", "python ram20150501", install_python, own("identity", "calls.py", "python"), True),
    Suite("node-ram-sts", "node ram20150501", install_node, own("identity", "calls.py", "node"), True),
    Suite("go-ram-sts", "go ram20150501", install_go, own("identity", "calls.py", "go"), True),
    Suite("java-ram-sts", "java ram20150501", install_java, own("identity", "calls.py", "java"), True),
    Suite("python-ram-rotation", "python ram rotation", install_python, python_client("ram_rotation.py"), True),
    Suite("python-managed-credentials", "python managed-credentials", install_python_managed,
          python_client("managed_credentials.py", "python-managed"), True),
    Suite("python-actiontrail", "python actiontrail20200706", install_python_logs,
          python_client("actiontrail.py", "python-logs"), False),
    Suite("go-actiontrail", "go actiontrail20200706", install_go, go_client("actiontrail"), False),
    Suite("java-actiontrail", "java actiontrail20200706", install_java, java("ActionTrail"), False),
    Suite("python-sls", "python aliyun-log-python-sdk", install_python_logs, python_client("sls.py", "python-logs"), False),
    Suite("node-sls", "node @alicloud/log", install_node, node_client("sls.js"), False),
    Suite("wire-envelope", "wire", None, own("wire", "envelope.py"), False),
    Suite("wire-conformance", "wire", None, own("wire", "conformance.py"), False),
    Suite("wire-signatures", "wire", None, own("wire", "signatures.py"), False),
    Suite("wire-terraform-ram", "terraform", None, own("wire", "terraform_ram.py"), False),
    Suite("wire-limits", "wire", None, own("wire", "limits.py"), False),
    Suite("wire-model", "wire", None, own("wire", "model.py"), True),
    Suite("wire-threads", "wire", None, own("wire", "model_threads.py"), True),
    Suite("wire-access", "wire", None, own("wire", "access.py"), True),
    Suite("docs", "docs", None, own("wire", "docs.py"), False),
    Suite("cli", "strongroom", None, own("..", "cli", "run.py"), False),
    Suite("demo", "demo", None, own("..", "..", "scripts", "demo", "--e2e"), True),
    Suite("chains-python", "python credentials", install_python, own("chains", "chains.py", "python"), True),
    Suite("chains-node", "node credentials", install_node, own("chains", "chains.py", "node"), True),
    Suite("chains-go", "go credentials", install_go, own("chains", "chains.py", "go"), True),
    Suite("chains-java", "java credentials", install_java, own("chains", "chains.py", "java"), True),
    Suite("metrics", "metrics", install_prometheus, own("durability", "metrics.py"), True),
    Suite("dashboard", "dashboard", install_grafana, own("durability", "dashboard.py"), True),
    Suite("observe", "observe", None, own("durability", "observe.py"), True),
    Suite("kafka", "kafka", install_kafka, own("durability", "kafka.py"), True),
    Suite("exports", "exports", install_python_logs, python_client("exports.py", "python-logs"), True),
    Suite("full-disk", "full disk", None, own("durability", "full_disk.py"), True),
    Suite("notices", "notices", None, own("durability", "notices.py"), True),
    Suite("production", "production", None, own("durability", "production.py"), True),
    Suite("rotation-databases", "rotation of databases", install_python, python_client("database_rotation.py"), True),
    Suite("rotation-jdbc", "java jdbc", install_python_and_java, python_client("jdbc_rotation.py"), True),
    Suite("rotation-functions", "rotation functions", install_python, python_client("rotation_functions.py"), True),
    Suite("rotation-repair", "rotation repair", install_python, python_client("rotation_repair.py"), True),
    Suite("rotation-cloud", "rotation cloud", None, own("rotation", "cloud.py"), True),
    Suite("rotation-targets", "targets", None, own("rotation", "targets.py"), True),
    Suite("handover", "hand-over", install_all, own("durability", "handover.py"), True),
    Suite("certificates", "certificates", None, own("durability", "certificates.py"), True),
    Suite("clock", "clock", None, own("durability", "clock.py"), True),
    Suite("units", "systemd units", None, own("durability", "units.py"), True),
    Suite("recovery", "recovery", None, own("durability", "recovery.py"), True),
    Suite("root-slots", "root slots", None, own("durability", "root_slots.py"), True),
    Suite("front-door", "front-door", None, own("durability", "front_door.py"), True),
    Suite("restart", "restart", None, own("durability", "restart.py"), True),
    Suite("durability", "durability", None, own("durability", "kill9.py"), True),
]


def call(suite, extra, seconds):
    """Runs one suite; returns its records and the lines to show."""
    environment = {**os.environ, **extra, "PYTHONPATH": HERE, "PYTHONDONTWRITEBYTECODE": "1"}
    records, shown, tail = [], [], collections.deque(maxlen=30)
    process = subprocess.Popen(suite.command(), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace")
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    try:
        for line in process.stdout:
            if line.startswith("#e2e "):
                record = json.loads(line[5:])
                records.append(record)
                if not record["ok"]:
                    shown.append(f"  FAIL {record['action']}: {record['case']}\n       {record['detail']}")
            else:
                tail.append(line)
        process.wait()
    finally:
        timer.cancel()
        if process.poll() is None:
            process.kill()
            process.wait()
    if (process.returncode != 0 and all(r["ok"] for r in records)) or not records:
        detail = "".join(tail)[-3000:]
        shown.append(f"  FAIL exit status {process.returncode}\n{detail}")
        records.append({"client": suite.client, "action": "-", "case": "the suite ends well", "ok": False, "detail": detail})
    return records, shown


def look_for_values(server):
    """After everything: what the suites left in the shared server lies nowhere in clear."""
    try:
        count, found = canary.look(server, Wire.from_env(server.env))
    except Exception as error:  # pylint: disable=broad-except
        count, found = 0, {"error": repr(error)}
    ok = not found
    print(f"canary: {count} planted values, found in {sorted(found) or 'no place'}", flush=True)
    return {"client": "canary", "action": "-", "case": "no planted value on the disk, in the log, in the metrics or in a core",
            "ok": ok, "detail": "" if ok else json.dumps(found)}


class Run:
    """Two lanes: the suites that share one server take turns in the first; those with servers of their own are taken by whichever
    lane is free. They wait for timers and processes most of the time, so two of them on two cores hardly slow each other down."""

    def __init__(self, server, suites, wanted, soak):
        self.server, self.wanted, self.soak = server, wanted, soak
        self.shared = collections.deque(s for s in suites if not s.own_server)
        self.own = collections.deque(s for s in suites if s.own_server)
        self.order = [s.name for s in suites]
        self.records = {}
        self.broken = None
        self.turn = threading.Lock()

    def ready(self, suite):
        """Installs the client. A suite whose program is not built is left out, unless it was asked for by name."""
        if suite.name == "cli" and not self.wanted and not os.path.exists(os.path.join(ROOT, "build", "bin", "strongroom")):
            return None
        return suite.install() if suite.install else {}

    def one(self, suite):
        extra = self.ready(suite)
        if extra is None:
            self.show(suite, ["  not built, left out"])
            return
        started = time.monotonic()
        if not suite.own_server:
            extra.update(self.server.env, NODE_EXTRA_CA_CERTS=self.server.env["STRONGROOM_CA_FILE"], STRONGROOM_DATA=self.server.data)
        if self.soak:
            extra["STRONGROOM_SOAK"] = "1"
        records, shown = call(suite, extra, SOAK_SECONDS if self.soak else SUITE_SECONDS)
        self.records[suite.name] = records
        shown.append(f"  {sum(r['ok'] for r in records)} of {len(records)} in {time.monotonic() - started:.1f} s")
        if not suite.own_server and self.server.process.poll() is not None:
            log = self.server.log_tail()
            records.append({"client": suite.client, "action": "-", "case": "the server lives on", "ok": False, "detail": log})
            shown.append(f"  FAIL the server ended ({self.server.process.returncode})\n{log}")
            self.server.start()
        self.show(suite, shown)

    def show(self, suite, lines):
        with self.turn:
            print("\n".join([f"{suite.name}:", *lines]), flush=True)

    def take(self, waiting):
        with self.turn:
            return waiting.popleft() if waiting and not self.broken else None

    def lane(self, *queues):
        try:
            for waiting in queues:
                while suite := self.take(waiting):
                    self.one(suite)
        except Exception as error:  # pylint: disable=broad-except
            self.broken = error

    def all(self, lanes):
        """Every record, in the order of the suites. Raises what stopped a lane: a client that cannot be installed, a server that
        does not start."""
        other = threading.Thread(target=self.lane, args=(self.own,))
        if lanes > 1:
            other.start()
        self.lane(self.shared, self.own)
        if lanes > 1:
            other.join()
        if self.broken:
            raise self.broken
        return [record for name in self.order for record in self.records.get(name, [])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="suites, separated by commas; a prefix will do")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--soak", action="store_true", help="the long form: 2,000 kill cycles")
    parser.add_argument("--lanes", type=int, default=1, choices=(1, 2), help="suites at a time (1)")
    parser.add_argument("--server", help="strongroomd to test (default build/bin/strongroomd)")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    suites = [s for s in SUITES if not wanted or any(s.name.startswith(name) for name in wanted)]
    if options.list or not suites:
        print("\n".join(s.name for s in SUITES))
        return 0 if options.list else 2
    if options.server:
        os.environ["STRONGROOMD"] = os.path.abspath(options.server)
    os.makedirs(OUT, exist_ok=True)

    records = []
    server = Server(program=os.environ.get("STRONGROOMD"))
    try:
        if any(not s.own_server for s in suites):
            server.start()
        records += Run(server, suites, wanted, options.soak).all(options.lanes)
        if server.process and server.process.poll() is None:
            records.append(look_for_values(server))
    except ServerError as error:
        print(error)
        records.append({"client": "server", "action": "-", "case": "starts", "ok": False, "detail": str(error)})
    finally:
        server.kill()
        shutil.rmtree(server.work, ignore_errors=True)

    with open(os.path.join(OUT, "results.json"), "w", encoding="utf-8") as out:
        json.dump({"complete": not wanted, "records": records}, out, indent=1, ensure_ascii=False)
    failed = sum(not r["ok"] for r in records)
    print(f"{len(records) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
