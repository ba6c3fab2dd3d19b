"""The audit log in a real Kafka broker: every entry, in order, over TLS; through an outage of the broker."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from strongroom_e2e import audit_log
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.wire import Wire

WAIT_SECONDS = 60
TOPIC = "audit"
CLASSPATH = os.path.join(ROOT, "build", "e2e", "kafka", "classpath")

suite = Suite("kafka")
folder = tempfile.mkdtemp(prefix="strongroom-kafka-")
java = ["java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", open(CLASSPATH, encoding="utf-8").read()]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def certificate():
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    store = os.path.join(folder, "store.pem")
    with open(store, "w", encoding="ascii") as out:
        out.write(open(key, encoding="ascii").read() + open(cert, encoding="ascii").read())
    return cert, store


class Broker:
    """One node, broker and controller, TLS for clients."""

    def __init__(self, cert, store):
        self.port, controller = free_port(), free_port()
        self.properties = os.path.join(folder, "server.properties")
        self.consumer = os.path.join(folder, "consumer.properties")
        self.process = None
        with open(self.properties, "w", encoding="ascii") as out:
            out.write(f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=SSL://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=SSL://localhost:{self.port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=SSL:SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SSL
ssl.keystore.type=PEM
ssl.keystore.location={store}
ssl.truststore.type=PEM
ssl.truststore.location={cert}
log.dirs={folder}/logs
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
""")
        with open(self.consumer, "w", encoding="ascii") as out:
            out.write(f"security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location={cert}\n")
        subprocess.run([*java, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", self.properties],
                       check=True, capture_output=True)

    def start(self):
        with open(os.path.join(folder, "broker.log"), "ab") as log:
            self.process = subprocess.Popen([*java, "kafka.Kafka", self.properties], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the broker did not start")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def read(self, count):
        """The first messages of the topic: (partition, number, entry)."""
        done = subprocess.run(
            [*java, "kafka.tools.ConsoleConsumer", "--bootstrap-server", f"localhost:{self.port}", "--topic", TOPIC,
             "--from-beginning", "--max-messages", str(count), "--timeout-ms", "30000", "--consumer.config", self.consumer,
             "--property", "print.partition=true", "--property", "print.headers=true"],
            capture_output=True, text=True, timeout=WAIT_SECONDS)
        found = []
        for line in done.stdout.splitlines():
            partition, headers, entry = line.split("\t", 2)
            found.append((partition, int(headers.removeprefix("index:")), entry))
        assert len(found) == count, done.stderr[-500:]
        return found


cert, store = certificate()
broker = Broker(cert, store)
os.environ.update({"STRONGROOM_AUDIT_EXPORT_KAFKA": f"localhost:{broker.port}/{TOPIC}", "STRONGROOM_NOTIFY_CA_FILE": cert})
try:
    broker.start()
    with Server() as server:
        wire = Wire.from_env(server.env)

        def exported(at_least):
            """The number that the export goes on with, once it has passed this many entries."""
            cursor = os.path.join(server.data, "audit", "export-kafka")
            deadline = time.monotonic() + WAIT_SECONDS
            while time.monotonic() < deadline:
                if os.path.exists(cursor) and int(open(cursor, encoding="ascii").read()) >= at_least:
                    return int(open(cursor, encoding="ascii").read())
                time.sleep(0.2)
            raise AssertionError(f"not exported within {WAIT_SECONDS} s:\n{server.log_tail()}")

        with suite.case("-", "every entry arrives once, in order, in one partition"):
            wire.ok("CreateSecret", {"SecretName": "kafka", "VersionId": "v1", "SecretData": "value-for-kafka"})
            for _ in range(20):
                wire.ok("GetSecretValue", {"SecretName": "kafka"})
            time.sleep(0.5)
            count = exported(len(audit_log.entries(server.data)))
            messages = broker.read(count)
            equal([number for _, number, _ in messages], list(range(count)))
            equal(len({partition for partition, _, _ in messages}), 1)
            assert "value-for-kafka" not in str(messages)

        with suite.case("-", "an outage loses nothing and stops no read"):
            broker.stop()
            for _ in range(10):
                wire.ok("GetSecretValue", {"SecretName": "kafka"})
            time.sleep(0.5)
            total = len(audit_log.entries(server.data))
            broker.start()
            count = exported(total)
            numbers = [number for _, number, _ in broker.read(count)]
            equal(set(numbers) >= set(range(total)), True)
            equal(numbers, sorted(numbers))
finally:
    broker.stop()
    shutil.rmtree(folder, ignore_errors=True)

suite.finish()
