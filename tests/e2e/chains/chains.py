"""Roles from outside the cloud: each official default credential chain reads a secret with what it finds.

    chains.py LANGUAGE,LANGUAGE

Runs in name spaces of its own, where 100.100.100.200 is `strongroom metadata serve`, sts.aliyuncs.com is the server, and
issuer.test is an OIDC issuer that this script makes: clients are used with the addresses that are built into them.
"""

import http.client
import json
import os
import signal
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.dirname(HERE)
sys.path.insert(0, E2E)
from strongroom_e2e import languages  # noqa: E402
from strongroom_e2e.issuer import Issuer, run  # noqa: E402
from strongroom_e2e.report import Suite, equal  # noqa: E402
from strongroom_e2e.server import DEFAULT_SERVER, ROOT, read_env_file  # noqa: E402
from strongroom_e2e.wire import Wire  # noqa: E402

CLI = os.path.join(ROOT, "build", "bin", "strongroom")
SECONDS = 30
METADATA = "100.100.100.200"
NAMES = "127.0.0.1 localhost sts.aliyuncs.com issuer.test\n::1 localhost\n"


def wait_for(path, process):
    deadline = time.monotonic() + SECONDS
    while not os.path.exists(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"{path} did not come: {process.poll()}")
        time.sleep(0.02)


class World:
    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="strongroom-chains-")
        self.processes = []
        self.env = {}

    def spawn(self, command, env=None):
        log = open(os.path.join(self.work, "log"), "ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **(env or {})})
        self.processes.append(process)
        return process

    def path(self, name):
        return os.path.join(self.work, name)

    def strongroom(self, *arguments, env=None):
        done = subprocess.run([CLI, *arguments], env={**os.environ, **self.env, **(env or {})}, input=b"",
                              capture_output=True, timeout=SECONDS)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.stderr.decode()}")
        return done.stdout.decode()

    def document(self, name, statement):
        with open(self.path(name), "w", encoding="utf-8") as out:
            json.dump({"Version": "1", "Statement": [statement]}, out)
        return self.path(name)

    def start(self):
        self.issuer = Issuer(self.work, "issuer.test", 4443)
        server = self.spawn([DEFAULT_SERVER, "dev", "--data", self.path("data"), "--env-file", self.path("env"), "--listen",
                             "127.0.0.1:443", "--set", "server.certificate_names=sts.aliyuncs.com", "--set",
                             "oidc.ca_file=" + self.issuer.ca, "--set", "oidc.private_hosts=issuer.test"])
        wait_for(self.path("env"), server)
        self.env = read_env_file(self.path("env"))
        self.provision()

    def provision(self):
        account = self.env["STRONGROOM_ACCOUNT_ID"]
        with open(self.path("value"), "w", encoding="utf-8") as out:
            out.write("open sesame")
        self.strongroom("secret", "create", "chain/secret", "--value-file", self.path("value"))
        trust = self.document("trust", {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
            "RAM": f"acs:ram::{account}:root", "Federated": f"acs:ram::{account}:oidc-provider/test"}})
        assume = self.document("assume", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
        self.strongroom("ram", "role", "create", "reader", "--trust", trust)
        self.strongroom("ram", "policy", "attach-role", "AliyunKMSSecretUserAccess", "reader", "--type", "System")
        self.strongroom("ram", "user", "create", "host")
        self.strongroom("ram", "policy", "create", "assume", "--document", assume)
        self.strongroom("ram", "policy", "attach-user", "assume", "host")
        key = json.loads(self.strongroom("ram", "key", "create", "--user", "host", "-o", "json"))["AccessKey"]
        self.role = f"acs:ram::{account}:role/reader"
        self.provider = f"acs:ram::{account}:oidc-provider/test"
        self.call_ims("CreateOIDCProvider", OIDCProviderName="test", IssuerUrl=self.issuer.url, ClientIds="sts.aliyuncs.com")
        with open(self.path("token"), "w", encoding="utf-8") as out:
            out.write(self.issuer.token("job"))
        own_key = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key["AccessKeyId"], "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key["AccessKeySecret"]}
        metadata = self.spawn([CLI, "metadata", "serve", self.role, "--address", METADATA, "--port", "80", "--env-file",
                               self.path("metadata")], env={**self.env, **own_key})
        wait_for(self.path("metadata"), metadata)
        time.sleep(0.1)
        self.uri = read_env_file(self.path("metadata"))["ALIBABA_CLOUD_CREDENTIALS_URI"]

    def call_ims(self, action, **parameters):
        answer = Wire.from_env(self.env).rpc(action, {"Format": "JSON", **parameters}, version="2019-08-15")
        if answer.status != 200:
            raise AssertionError(f"{action}: {answer}")

    def ways(self):
        return {
            "metadata": {},
            "uri": {"ALIBABA_CLOUD_CREDENTIALS_URI": self.uri, "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true"},
            "oidc": {"ALIBABA_CLOUD_ROLE_ARN": self.role, "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": self.provider,
                     "ALIBABA_CLOUD_OIDC_TOKEN_FILE": self.path("token")},
        }

    def client(self, language, way, env):
        ca = self.env["STRONGROOM_CA_FILE"]
        base = {k: v for k, v in os.environ.items() if not k.startswith(("ALIBABA", "STRONGROOM"))}
        base.update(HOME=self.work, STRONGROOM_ENDPOINT=self.env["STRONGROOM_ENDPOINT"], STRONGROOM_CA_FILE=ca, PYTHONPATH=E2E,
                    REQUESTS_CA_BUNDLE=ca, SSL_CERT_FILE=ca, NODE_EXTRA_CA_CERTS=ca, no_proxy="*", NO_PROXY="*",
                    NODE_PATH=os.path.join(languages.OUT, "node", "node_modules"), **env)
        if language == "java":
            store = self.path("truststore")
            if not os.path.exists(store):
                run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", ca, "-keystore", store, "-storepass", "changeit")
            base["JAVA_TOOL_OPTIONS"] = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
        done = subprocess.run([*languages.command(language, "chain"), way], env=base, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith("#e2e ")]
        print("\n".join(lines), flush=True)
        return lines, done.stdout + done.stderr

    def ask(self, path, method="GET", host=METADATA, **fields):
        connection = http.client.HTTPConnection(host, 80, timeout=10)
        connection.request(method, path, headers={k.replace("_", "-"): v for k, v in fields.items()})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer.status, body

    def check_metadata(self, suite):
        role_path, token_path = "/latest/meta-data/ram/security-credentials/", "/latest/api/token"
        ttl, token = "x-aliyun-ecs-metadata-token-ttl-seconds", "x-aliyun-ecs-metadata-token"
        with suite.case("-", "version 2: a token is given, taken and not guessed"):
            status, given = self.ask(token_path, "PUT", **{ttl: "21600"})
            equal(status, 200)
            equal(self.ask(role_path, **{token: given}), (200, "reader"))
            spoilt = ("A" if given[0] != "A" else "B") + given[1:]
            equal(self.ask(role_path, **{token: spoilt})[0], 403)
            equal(self.ask(token_path, **{ttl: "60"})[0], 405)
            for bad in ("0", "21601", "x", ""):
                equal(self.ask(token_path, "PUT", **{ttl: bad})[0], 400, bad)
        with suite.case("-", "version 1, and what is refused"):
            equal(self.ask(role_path), (200, "reader"))
            equal(json.loads(self.ask(role_path + "reader")[1])["Code"], "Success")
            equal(self.ask(role_path + "other")[0], 404)
            equal(self.ask("/credentials/" + "0" * 32)[0], 404)
            equal(self.ask(role_path, Host="evil.test")[0], 403)
            equal(self.ask(role_path, Origin="http://evil.test")[0], 403)
            equal(self.ask(role_path, X_Forwarded_For="192.0.2.1")[0], 403)
            equal(self.ask(role_path, "POST")[0], 405)

    def stop(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.work, ignore_errors=True)


def inside(languages):
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", METADATA + "/32", "dev", "lo")
    hosts = tempfile.NamedTemporaryFile("w", prefix="strongroom-hosts-", delete=False)
    hosts.write(NAMES)
    hosts.close()
    os.chmod(hosts.name, 0o644)
    run("mount", "--bind", hosts.name, "/etc/hosts")
    suite, world = Suite("metadata"), World()
    failed = 0
    try:
        with suite.case("-", "server, metadata service and issuer start"):
            world.start()
        if suite.failed:
            print(open(world.path("log"), errors="replace").read()[-3000:])
            return 1
        world.check_metadata(suite)
        for language in languages:
            for way, env in world.ways().items():
                lines, told = world.client(language, way, env)
                if not lines:
                    suite.record("-", f"{language} {way} ends well", False, told[-1500:])
                failed += any('"ok": false' in line or '"ok":false' in line for line in lines)
    finally:
        world.stop()
        os.unlink(hosts.name)
    return 1 if failed or suite.failed else 0


def main():
    languages = sys.argv[1].split(",")
    if os.environ.get("STRONGROOM_CHAINS") != "inside":
        os.environ["STRONGROOM_CHAINS"] = "inside"
        probe = subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False)
        if probe.returncode != 0:
            print("name spaces are not allowed here: " + probe.stderr.decode())
            Suite("metadata").record("-", "left out: name spaces are not allowed on this machine", True)
            return 0
        return subprocess.run(["unshare", "-rnm", sys.executable, *sys.argv], check=False).returncode
    return inside(languages)


if __name__ == "__main__":
    sys.exit(main())
