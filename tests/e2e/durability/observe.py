"""Rules over policies, receipts, status on one screen, traces, metrics over mutual TLS, events of limits."""

import base64
import functools
import http.server
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

from strongroom_e2e import waiting
from strongroom_e2e.audit_log import entries as entries_in
from strongroom_e2e.audit_log import entry_of
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.wire import RAM, Wire

OWN = "2026-11-01"
CMS = "2019-01-01"
WAIT_SECONDS = 20
until = functools.partial(waiting.until, seconds=WAIT_SECONDS)
PROGRAM = os.path.join(ROOT, "build", "bin", "strongroom")

suite = Suite("observe")
spans = []


def certificate(folder, name, issuer=None):
    """A self-signed certificate, or one that `issuer` has signed."""
    key, cert = os.path.join(folder, name + ".key"), os.path.join(folder, name + ".pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
               "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    if issuer:
        command += ["-CA", issuer[0], "-CAkey", issuer[1], "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


class Collector(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        spans.extend(json.loads(body)["resourceSpans"][0]["scopeSpans"][0]["spans"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def strongroom(server, *arguments, **other):
    environment = {**os.environ, **server.env, **other, "HOME": server.work}
    return subprocess.run([PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=60)


def entries_of(note):
    """The size of the tree that a signed checkpoint speaks of."""
    with open(note, encoding="utf-8") as file:
        return int(file.read().split("\n")[1])


def events(wire, name):
    answer = wire.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": name}, version=CMS)
    return answer["SystemEvents"]["SystemEvent"]


folder = tempfile.mkdtemp(prefix="strongroom-observe-")
cert, key = certificate(folder, "collector")
collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
collector.socket = context.wrap_socket(collector.socket, server_side=True)
threading.Thread(target=collector.serve_forever, daemon=True).start()
authority = certificate(folder, "authority")
client = certificate(folder, "client", authority)
stranger = certificate(folder, "stranger")

os.environ.update({"STRONGROOM_TRACE_OTLP_URL": f"https://localhost:{collector.server_address[1]}/v1/traces",
                   "STRONGROOM_NOTIFY_CA_FILE": cert, "STRONGROOM_NOTIFY_PRIVATE_HOSTS": "localhost",
                   "STRONGROOM_METRICS_CLIENT_CA_FILE": authority[0]})


def metrics(server, identity):
    tls = ssl.create_default_context(cafile=server.env["STRONGROOM_CA_FILE"])
    if identity:
        tls.load_cert_chain(*identity)
    with urllib.request.urlopen(server.env["STRONGROOM_METRICS_URL"], timeout=10, context=tls) as answer:
        return answer.read().decode()


def refused(server, identity):
    try:
        metrics(server, identity)
    except (OSError, urllib.error.URLError):
        return True
    return False


def receipt_of(server, answer, name):
    text = answer.headers["x-strongroom-receipt"]
    path = os.path.join(server.work, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    entry = next(line[6:] for line in base64.b64decode(text).decode().split("\n") if line.startswith("extra "))
    return path, base64.b64decode(entry).decode()


with Server() as server:
    wire = Wire.from_env(server.env)
    vkey = os.path.join(server.data, "audit", "vkey")

    with suite.case("-", "a receipt proves its own call, offline"):
        asked = {"x-strongroom-receipt": "1"}
        made = wire.acs3("CreateSecret", {"SecretName": "receipt", "VersionId": "v1", "SecretData": "value-of-receipt"},
                         extra=asked)
        equal(made.status, 200)
        path, text = receipt_of(server, made, "created")
        assert '"action":"CreateSecret"' in text, text
        read = wire.acs3("GetSecretValue", {"SecretName": "receipt"}, extra=asked)
        equal(read.json["SecretData"], "value-of-receipt")
        second, text = receipt_of(server, read, "read")
        assert read.json["RequestId"] in text and "value-of-receipt" not in text, text
        for file in (path, second):
            checked = strongroom(server, "audit", "verify", "--receipt", file, "--key", vkey)
            equal(checked.returncode, 0, checked.stderr)
        forged = base64.b64encode(text.replace("GetSecretValue", "PutSecretValue").encode()).decode()
        proof = base64.b64decode(read.headers["x-strongroom-receipt"]).decode()
        proof = proof.replace(base64.b64encode(text.encode()).decode(), forged)
        with open(second, "w", encoding="ascii") as file:
            file.write(base64.b64encode(proof.encode()).decode())
        checked = strongroom(server, "audit", "verify", "--receipt", second, "--key", vkey)
        assert checked.returncode != 0, checked.stdout
        assert "x-strongroom-receipt" not in wire.acs3("GetSecretValue", {"SecretName": "receipt"}).headers
        stranger_call = wire.acs3("GetSecretValue", {"SecretName": "receipt"}, extra=asked, secret="wrong")
        assert "x-strongroom-receipt" not in stranger_call.headers, stranger_call

    with suite.case("BatchGetSecretValue", "each value is a record of its own, which leak finds"):
        wire.ok("CreateSecret", {"SecretName": "other", "VersionId": "o1", "SecretData": "value-of-other"})
        entries = json.dumps([{"SecretName": name} for name in ("receipt", "absent", "other")])
        batch = wire.acs3("BatchGetSecretValue", {"SecretsList": entries}, extra=asked)
        text = receipt_of(server, batch, "batch")[1]
        assert batch.json["RequestId"] in text and '"resource"' not in text, text
        for value, version in zip(batch.json["SecretValues"], ("v1", "o1"), strict=True):
            entry = entry_of(server.data, value["RequestId"])
            equal((entry["action"], entry["version_id"], entry["decision"]), ("BatchGetSecretValue", version, "allow"))
            assert entry["resource"].endswith(":secret/" + value["SecretName"]), entry
        denied = [e for e in entries_in(server.data) if e.get("resource", "").endswith(":secret/absent")]
        equal([e["error_code"] for e in denied], ["Forbidden.ResourceNotFound"])
        arn = wire.ok("DescribeSecret", {"SecretName": "other"})["Arn"]
        for name in ("other", arn, "other@o1"):
            told = strongroom(server, "leak", name, "--log", server.data)
            equal(told.returncode, 0, told.stderr)
            assert server.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] in told.stdout and "o1" in told.stdout, told.stdout
        told = strongroom(server, "leak", "other@o2", "--log", server.data).stdout
        assert "Nobody read its version o2" in told and "no version of this id" in told, told

    with suite.case("-", "leak knows the reads of this moment, and that a copy does not"):
        copy = os.path.join(server.data, "..", "copy-of-the-log")
        shutil.copytree(os.path.join(server.data, "audit"), copy)
        for number in range(8):
            name = f"fresh-{number}"
            wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "value-of-fresh"})
            wire.ok("GetSecretValue", {"SecretName": name})
            told = strongroom(server, "leak", name, "--log", server.data).stdout
            assert "Nobody" not in told and "lacks" not in told and "Not confirmed" not in told, told
        told = strongroom(server, "leak", name, "--log", copy).stdout
        assert "Nobody" in told and "This log lacks reads that the server knows of" in told, told
        may_look = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "kms:DescribeSecret", "Resource": "*"}]}
        wire.ok("CreateUser", {"UserName": "clerk"}, version=RAM)
        wire.ok("CreatePolicy", {"PolicyName": "look", "PolicyDocument": json.dumps(may_look)}, version=RAM)
        wire.ok("AttachPolicyToUser", {"UserName": "clerk", "PolicyName": "look", "PolicyType": "Custom"}, version=RAM)
        key = wire.ok("CreateAccessKey", {"UserName": "clerk"}, version=RAM)["AccessKey"]
        clerk = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key["AccessKeyId"], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key["AccessKeySecret"]}
        told = strongroom(server, "leak", name, "--log", server.data, **clerk).stdout
        assert "Not confirmed" in told and "(NoPermission)" in told, told

    with suite.case("-", "the whole log verifies after receipts"):
        checked = strongroom(server, "audit", "verify", server.data, "--key", vkey)
        equal(checked.returncode, 0, checked.stdout + checked.stderr)

    with suite.case("-", "status names who is on an old version, until it reads the new one"):
        wire.ok("PutSecretValue", {"SecretName": "receipt", "VersionId": "v2", "SecretData": "second-of-receipt"})
        text = strongroom(server, "status").stdout
        assert "On an old version: 1" in text and server.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] in text, text
        assert "Server: healthy" in text and "Not rotated: none" in text, text
        wire.ok("GetSecretValue", {"SecretName": "receipt"})
        until(lambda: "On an old version: none" in strongroom(server, "status").stdout, "the reader caught up")

    with suite.case("-", "status names what ends soon"):
        wire.ok("CreateSecret", {"SecretName": "goes", "VersionId": "v1", "SecretData": "value-that-goes"})
        wire.ok("DeleteSecret", {"SecretName": "goes", "RecoveryWindowInDays": "7"})
        text = strongroom(server, "status").stdout
        assert "Ends within 90 days: 1" in text and "secret  goes" in text, text
        until(lambda: events(wire, "Secret:DeletionScheduled"), "an event of the deletion")

    with suite.case("-", "a rule refuses the change that would break it"):
        rules = os.path.join(server.work, "rules")
        with open(rules, "w", encoding="utf-8") as file:
            file.write("# production\nonly *:user/prod-* may kms:GetSecretValue on acs:kms:*:*:secret/prod/*\n")
        wire.ok("CreateSecret", {"SecretName": "prod/db", "VersionId": "v1", "SecretData": "value-of-production"})
        kept = strongroom(server, "policy", "rules", "set", rules)
        equal(kept.returncode, 0, kept.stdout + kept.stderr)
        equal(strongroom(server, "policy", "rules", "get").stdout.count("only "), 1)
        wire.ok("CreateUser", {"UserName": "eve"}, version=RAM)
        attach = {"UserName": "eve", "PolicyType": "System", "PolicyName": "AliyunKMSSecretUserAccess"}
        answer = wire.acs3("AttachPolicyToUser", attach, version=RAM)
        equal((answer.status, answer.code), (409, "Rejected.AccountRule"))
        assert ":user/eve" in answer.text and "secret/prod/db" in answer.text, answer
        wire.ok("CreateUser", {"UserName": "prod-app"}, version=RAM)
        wire.ok("AttachPolicyToUser", {**attach, "UserName": "prod-app"}, version=RAM)

    with suite.case("-", "of much that breaks rules the first hundred are listed"):
        wire.ok("AttachPolicyToUser", {**attach, "UserName": "prod-app", "PolicyName": "AliyunKMSFullAccess"}, version=RAM)
        for number in range(12):
            wire.ok("CreateSecret", {"SecretName": f"many/{number}", "VersionId": "v1", "SecretData": "value-of-many"})
        with open(rules, "w", encoding="utf-8") as file:
            file.write("only nobody may kms:* on acs:kms:*:*:secret/many/*\n")
        told = strongroom(server, "policy", "check", rules)
        equal(told.returncode, 7, told.stdout + told.stderr)
        equal(told.stdout.count("secret/many/"), 100)
        assert "There are more that break a rule" in told.stderr, told.stderr

    with suite.case("-", "traces reach a collector and name no resource"):
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        answer = wire.acs3("GetSecretValue", {"SecretName": "receipt"}, extra={"traceparent": parent})
        mine = until(lambda: [s for s in spans if s["traceId"] == parent[3:35]], "the span")[0]
        equal((mine["name"], mine["parentSpanId"]), ("Kms.GetSecretValue", parent[36:52]))
        assert {"key": "strongroom.request_id", "value": {"stringValue": answer.json["RequestId"]}} in mine["attributes"], mine
        assert int(mine["endTimeUnixNano"]) > int(mine["startTimeUnixNano"]), mine
        everything = json.dumps(spans)
        assert "receipt" not in everything and server.env["ALIBABA_CLOUD_ACCESS_KEY_ID"] not in everything, everything

    with suite.case("-", "metrics over mutual TLS, for those with a certificate"):
        text = metrics(server, client)
        for name in ('strongroom_cache_reads_total{result="hit"}', "strongroom_store_commits_total",
                     "strongroom_store_file_bytes", "strongroom_trace_spans_sent_total"):
            assert name in text, name
        assert refused(server, None) and refused(server, stranger)

os.environ["STRONGROOM_LIMITS_SHARED_GATEWAY"] = "published"
with Server() as server:
    wire = Wire.from_env(server.env)
    with suite.case("-", "a limit that comes near is an event"):
        for _ in range(12):
            wire.acs3("CreateKey", {})
        names = {json.loads(event["Content"])["percent"] for event in
                 until(lambda: events(wire, "Quota:Qps:Reminder"), "an event of the limit")}
        assert names & {70, 90}, names

collector.shutdown()
for name in ("STRONGROOM_LIMITS_SHARED_GATEWAY", "STRONGROOM_TRACE_OTLP_URL", "STRONGROOM_METRICS_CLIENT_CA_FILE"):
    os.environ.pop(name)
with suite.case("-", "another server cosigns the log, and notices that it was put back"):
    watched = Server().start()
    vkey = os.path.join(watched.data, "audit", "vkey")
    watched.stop()
    logs = os.path.join(folder, "logs")
    shutil.copy(vkey, logs)
    os.environ["STRONGROOM_AUDIT_WITNESS_LOGS_FILE"] = logs
    with Server() as witness:
        del os.environ["STRONGROOM_AUDIT_WITNESS_LOGS_FILE"]
        port = witness.env["STRONGROOM_ENDPOINT"].rpartition(":")[2]
        os.environ.update({"STRONGROOM_AUDIT_WITNESS_URLS": f"https://localhost:{port}",
                           "STRONGROOM_NOTIFY_CA_FILE": witness.env["STRONGROOM_CA_FILE"]})
        key = os.path.join(witness.data, "witness", "vkey")
        audit = os.path.join(watched.data, "audit")
        before = os.path.join(folder, "before")

        def cosigned():
            checked = strongroom(watched, "audit", "verify", watched.data, "--key", vkey, "--witness", key)
            return checked if checked.returncode == 0 else None

        try:
            watched.start()
            until(cosigned, "a cosigned checkpoint")
            watched.stop()
            shutil.copytree(audit, before)
            watched.start()
            wire = Wire.from_env(watched.env)
            for _ in range(3):
                wire.ok("ListSecrets")
            grown = entries_of(os.path.join(before, "checkpoint")) + 3
            until(lambda: entries_of(os.path.join(audit, "cosigned")) >= grown and cosigned(), "the grown log is cosigned")
            last = os.path.join(folder, "last")
            shutil.copy(os.path.join(audit, "cosigned"), last)
            watched.stop()
            shutil.rmtree(audit)
            shutil.copytree(before, audit)
            shutil.copy(last, os.path.join(audit, "cosigned"))
            checked = strongroom(watched, "audit", "verify", watched.data, "--key", vkey, "--witness", key)
            assert checked.returncode != 0, checked.stdout
        finally:
            watched.kill()

suite.finish()
