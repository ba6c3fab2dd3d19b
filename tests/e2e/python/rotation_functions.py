"""Rotation functions of Generic secrets: the worked examples as a program, behind HTTPS with signed requests, and in Function
Compute (a gateway that checks the cloud's signature and forwards as its custom runtime does)."""

import contextlib
import hashlib
import hmac
import http.server
import json
import os
import secrets as random
import shutil
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid

from strongroom_e2e.applications import work_directory
from strongroom_e2e.databases import Database
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.throwaway import Throwaway
from strongroom_e2e.wire import Wire

suite = Suite("rotation functions")
OWN = "2026-11-01"
WAIT_SECONDS = 60
EXAMPLES = os.path.join(ROOT, "examples", "rotation-functions")


def examples():
    """A copy that the egress process may read and nobody else may change."""
    folder = work_directory("functions")
    os.chmod(folder, 0o755)
    for name in os.listdir(EXAMPLES):
        if name.endswith(".py"):
            shutil.copy(os.path.join(EXAMPLES, name), folder)
            os.chmod(os.path.join(folder, name), 0o755)
    return folder


def certificate(folder):
    key, cert = os.path.join(folder, "tls.key"), os.path.join(folder, "tls.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                    "-out", cert, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return cert, key


@contextlib.contextmanager
def serving(handler, tls=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def function(folder, name, **environment):
    """The example as an HTTP server of its own; its port."""
    process = subprocess.Popen([sys.executable, os.path.join(folder, name)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               env={**os.environ, "FUNCTION_HOST": "127.0.0.1", "FUNCTION_PORT": "0", **environment}, text=True)
    try:
        yield json.loads(process.stdout.readline())["port"]
    finally:
        process.kill()
        process.communicate()


class Service:
    """A service with API keys and an admin API."""

    def __init__(self):
        self.token, self.keys, self.lock = random.token_urlsafe(24), {}, threading.Lock()
        self.broken = 0  # so many calls fail after they were done

    def handler(self):
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body=None):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def do(self):
                bearer = self.headers["Authorization"].removeprefix("Bearer ")
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"null")
                with service.lock:
                    if self.path == "/me":
                        return self.answer(200 if bearer in [key["key"] for key in service.keys.values()] else 401)
                    if bearer != service.token:
                        return self.answer(401)
                    if self.command == "POST":
                        made = {"id": uuid.uuid4().hex, "key": random.token_urlsafe(24), "name": body["name"]}
                        service.keys[made["id"]] = made
                        if service.broken:
                            service.broken -= 1
                            return self.answer(500)
                        return self.answer(200, made)
                    if self.command == "DELETE":
                        service.keys.pop(self.path.rpartition("/")[2], None)
                        return self.answer(200)
                    return self.answer(200, [{"id": key["id"], "name": key["name"]} for key in service.keys.values()])

            do_GET = do_POST = do_DELETE = do

            def log_message(self, *_):
                pass
        return Handler


class Gateway:
    """Function Compute's InvokeFunction in front of one function: checks the signature, forwards the event to /invoke."""

    def __init__(self, access_key, secret, name):
        self.access_key, self.secret, self.name, self.port, self.seen = access_key, secret, name, 0, 0

    def signed(self, request, body):
        algorithm, _, fields = request.headers["Authorization"].partition(" ")
        given = dict(field.split("=", 1) for field in fields.split(","))
        names = given["SignedHeaders"].split(";")
        digest = hashlib.sha256(body).hexdigest()
        canonical = "\n".join(["POST", request.path, "", *(f"{name}:{request.headers[name]}" for name in names), "",
                               given["SignedHeaders"], digest])
        expected = hmac.new(self.secret.encode(), f"{algorithm}\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode(),
                            hashlib.sha256).hexdigest()
        return (algorithm == "ACS3-HMAC-SHA256" and given["Credential"] == self.access_key and given["Signature"] == expected
                and {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-content-sha256"} <= set(names)
                and request.headers["x-acs-content-sha256"] == digest and request.headers["x-acs-version"] == "2023-03-30")

    def handler(self):
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path != f"/2023-03-30/functions/{gateway.name}/invocations" or not gateway.signed(self, body):
                    self.send_error(403)
                    return
                gateway.seen += 1
                forwarded = urllib.request.Request(f"http://127.0.0.1:{gateway.port}/invoke", data=body, headers={
                    "Content-Type": "application/octet-stream", "x-fc-request-id": uuid.uuid4().hex})
                with urllib.request.urlopen(forwarded, timeout=20) as answer:
                    text = answer.read()
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for piece in (text[:7], text[7:]):
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")

            def log_message(self, *_):
                pass
        return Handler


class Rotated:
    """One Generic secret with a function."""

    def __init__(self, wire, value, target, privileged, parameters):
        self.wire, self.name = wire, "fn-" + uuid.uuid4().hex[:8]
        wire.ok("CreateSecret", {"SecretName": self.name, "VersionId": "v0", "SecretData": json.dumps(value)})
        wire.ok("CreateSecret", {"SecretName": self.name + "-admin", "VersionId": "v0", "SecretData": privileged})
        wire.ok("SetRotationFunction", {"SecretName": self.name, "TargetId": target, "PrivilegedSecretName": self.name + "-admin",
                                        "Parameters": json.dumps(parameters)}, version=OWN, place="form")

    def read(self):
        answer = self.wire.ok("GetSecretValue", {"SecretName": self.name})
        return answer["VersionId"], json.loads(answer["SecretData"])

    def status(self):
        return self.wire.ok("DescribeRotation", {"SecretName": self.name}, version=OWN)

    def rotate(self, result="succeeded"):
        version = uuid.uuid4().hex
        self.wire.ok("RotateSecret", {"SecretName": self.name, "VersionId": version})
        deadline = time.monotonic() + WAIT_SECONDS
        while self.status()["Phase"] != "idle":
            assert time.monotonic() < deadline, self.status()
            time.sleep(0.05)
        status = self.status()
        equal(status["LastResult"], result, str(status))
        equal(self.read()[0] == version, result == "succeeded")
        return status


def key_works(port, value):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/me", headers={"Authorization": "Bearer " + value["Key"]})
    try:
        return urllib.request.urlopen(request, timeout=10).status == 200
    except urllib.error.HTTPError:
        return False


def add_target(wire, name, kind, address, **more):
    return wire.acs3("AddTarget", {"TargetId": name, "Kind": kind, "Address": address, **more}, version=OWN, place="form")


def api_key(wire, folder):
    service = Service()
    with serving(service.handler()) as port:
        equal(add_target(wire, "fn-api-key", "executable", os.path.join(folder, "api_key.py")).status, 200)
        first = {"id": "first", "key": "first-" + random.token_urlsafe(16), "name": "by hand"}
        service.keys["first"] = first
        rotated = Rotated(wire, {"KeyId": first["id"], "Key": first["key"]}, "fn-api-key", service.token,
                          {"url": f"http://127.0.0.1:{port}"})
        with suite.case("InspectRotation", "executable: a dry run asks the function"):
            assert wire.ok("InspectRotation", {"SecretName": rotated.name}, version=OWN)["Ready"]
        with suite.case("RotateSecret", "executable: an API key, the one before stays valid"):
            before = rotated.read()[1]
            for _ in range(3):
                rotated.rotate()
                after = rotated.read()[1]
                assert key_works(port, before) and key_works(port, after) and before != after
                before = after
            equal(len(service.keys), 3)  # current, previous and the one that is not the function's
        with suite.case("RotateSecret", "executable: what failed half done is done again"):
            service.broken = 2
            rotated.rotate()
            equal(len(service.keys), 3)
        with suite.case("RotateSecret", "executable: a refused token ends it at once, nothing is left behind"):
            wire.ok("PutSecretValue", {"SecretName": rotated.name + "-admin", "VersionId": "v1", "SecretData": "wrong"})
            status = rotated.rotate("failed")
            equal(status["ErrorCode"], "AdminRefused")
            assert key_works(port, rotated.read()[1])
            listed = wire.ok("ListSecretVersionIds", {"SecretName": rotated.name})["VersionIds"]["VersionId"]
            assert not [v for v in listed if "ACSPending" in v["VersionStages"]["VersionStage"]], listed
        with suite.case("UpdateSecretRotationPolicy", "a schedule for a Generic secret with a function"):
            wire.ok("UpdateSecretRotationPolicy", {"SecretName": rotated.name, "EnableAutomaticRotation": "true",
                                                   "RotationInterval": "7d"})
            equal(wire.ok("DescribeSecret", {"SecretName": rotated.name})["RotationInterval"], "604800s")
            equal([r["SecretName"] for r in wire.ok("ListRotations", {}, version=OWN)["Rotations"]].count(rotated.name), 1)
        with suite.case("RemoveRotationFunction", "an ordinary Generic secret again"):
            wire.ok("RemoveRotationFunction", {"SecretName": rotated.name}, version=OWN)
            equal(wire.acs3("RotateSecret", {"SecretName": rotated.name, "VersionId": "x"}).code, "Rejected.UnsupportedOperation")
    return service.token


def mysql_user(wire, folder, tls):
    cert, _ = tls
    with Throwaway("mariadb") as facts:
        database = Database("mysql", facts)
        with open(cert, encoding="ascii") as pem:
            roots = pem.read()
        signing_key = random.token_urlsafe(32)
        key_file = os.path.join(folder, "signing-key")
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as out:
            out.write(signing_key)
        admin = json.dumps({"AccountName": facts["admin"], "AccountPassword": facts["password"]})
        place = {"host": facts["host"], "port": str(facts["port"]), "ca": database.ca_file}

        def rotate_pair(target, times):
            user, password = "shop" + uuid.uuid4().hex[:4], "First-" + random.token_urlsafe(16)
            database.make_account(user, password)
            rotated = Rotated(wire, {"AccountName": user, "AccountPassword": password}, target, admin, place)
            for _ in range(times):
                before = rotated.read()[1]
                rotated.rotate()
                after = rotated.read()[1]
                assert {before["AccountName"], after["AccountName"]} == {user, user + "_rt"}
                database.transaction(before)
                database.transaction(after)

        with function(folder, "mysql_user.py", FUNCTION_CERT=cert, FUNCTION_CERT_KEY=tls[1], FUNCTION_KEY_FILE=key_file) as port:
            address = f"https://localhost:{port}/invoke"
            equal(add_target(wire, "fn-mysql", "http", address, AdminAccount="strongroom", AdminSecret=signing_key,
                             TlsRoots=roots).status, 200)
            with suite.case("CheckTarget", "http: reached with a signed request"):
                equal(wire.ok("CheckTarget", {"TargetId": "fn-mysql"}, version=OWN)["Status"], "done")
            with suite.case("RotateSecret", "http: a pair of users of a MariaDB of one's own"):
                rotate_pair("fn-mysql", 3)
            with suite.case("CheckTarget", "http: a wrong signing key, a wrong CA"):
                add_target(wire, "fn-wrong", "http", address, AdminAccount="strongroom", AdminSecret="wrong", TlsRoots=roots)
                equal(wire.ok("CheckTarget", {"TargetId": "fn-wrong"}, version=OWN)["Code"], "FunctionRefused")
                add_target(wire, "fn-wrong", "http", address, AdminAccount="strongroom", AdminSecret=signing_key)
                equal(wire.ok("CheckTarget", {"TargetId": "fn-wrong"}, version=OWN)["Code"], "TlsVerifyFailed")
            with suite.case("CheckTarget", "http: an address that is not public is refused unless it is allowed by name"):
                add_target(wire, "fn-wrong", "http", address.replace("localhost", "127.0.0.1"), AdminAccount="strongroom",
                           AdminSecret=signing_key, TlsRoots=roots)
                status = wire.ok("CheckTarget", {"TargetId": "fn-wrong"}, version=OWN)
                assert status["Status"] in ("unreachable", "configuration"), status

        gateway = Gateway("LTAItest", random.token_urlsafe(24), "rotate-mysql")
        with function(folder, "mysql_user.py") as gateway.port, serving(gateway.handler(), tls) as port:
            equal(add_target(wire, "fn-cloud", "function-compute", f"https://localhost:{port}", AdminAccount=gateway.access_key,
                             AdminSecret=gateway.secret, TlsRoots=roots, Options='{"function":"rotate-mysql"}').status, 200)
            with suite.case("RotateSecret", "function compute: the same handler through InvokeFunction"):
                rotate_pair("fn-cloud", 2)
                assert gateway.seen >= 8, gateway.seen
    return facts["password"], signing_key, gateway.secret


def refusals(wire, folder):
    with suite.case("AddTarget", "what is wrong is named"):
        for kind, address, admin, named in (("executable", "api_key.py", "a", "Address"), ("http", "http://localhost/x", "a", "Address"),
                                            ("http", "https://localhost/x", "", "AdminAccount")):
            answer = add_target(wire, "fn-x", kind, address, AdminAccount=admin, AdminSecret="s")
            assert answer.code in ("InvalidParameter", "MissingParameter") and named in answer.text, answer
    with suite.case("CheckTarget", "a program that is not allowed, or that others may change, is never run"):
        add_target(wire, "fn-x", "executable", "/bin/true")
        equal(wire.ok("CheckTarget", {"TargetId": "fn-x"}, version=OWN)["Code"], "ExecutableNotAllowed")
        os.chmod(os.path.join(folder, "mysql_user.py"), 0o777)
        add_target(wire, "fn-x", "executable", os.path.join(folder, "mysql_user.py"))
        equal(wire.ok("CheckTarget", {"TargetId": "fn-x"}, version=OWN)["Code"], "ExecutableWritable")
    with suite.case("SetRotationFunction", "not on managed secrets, not with what is no function"):
        name = "fn-" + uuid.uuid4().hex[:8]
        wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v0", "SecretData": "x"})
        equal(wire.acs3("SetRotationFunction", {"SecretName": name, "TargetId": "none"}, version=OWN).code, "EntityNotExist.Target")
        equal(wire.acs3("SetRotationFunction", {"SecretName": name, "TargetId": "fn-x", "PrivilegedSecretName": name},
                        version=OWN).code, "InvalidParameter")


folder = examples()
programs = ",".join(os.path.join(folder, name) for name in ("api_key.py", "mysql_user.py"))
with Server(arguments=["--set", f"egress.executables={programs}", "--set", "egress.private_hosts=localhost"]) as server:
    wire = Wire.from_env(server.env)
    secret_texts = [api_key(wire, folder), *mysql_user(wire, folder, certificate(folder))]
    refusals(wire, folder)
    server.stop()
    with suite.case("RotateSecret", "no credential in the server's log"):
        log = server.log_tail(10_000_000)
        assert not [text for text in secret_texts if text in log], "a credential is in the log"

suite.finish()
