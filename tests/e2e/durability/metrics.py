"""/metrics in the form that promtool takes, the alert rules over metrics that exist, nothing secret in it."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import uuid

from strongroom_e2e.prometheus import fetch, program
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.wire import Wire

suite = Suite("metrics")
CANARY = "canary-" + uuid.uuid4().hex


def names(expression):
    return set(re.findall(r"\bstrongroom_[a-z_]+", expression))


def core_of(pid):
    """A core file of the running server, if gcore is there."""
    if not shutil.which("gcore"):
        return None
    folder = tempfile.mkdtemp(prefix="strongroom-core-")
    subprocess.run(["gcore", "-o", os.path.join(folder, "core"), str(pid)], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=False)
    return folder


def holds(path, needle):
    with open(path, "rb") as file:
        return needle in file.read()


with Server() as server:
    wire = Wire.from_env(server.env)
    wire.ok("CreateSecret", {"SecretName": "metrics", "VersionId": "v1", "SecretData": CANARY})
    for _ in range(5):
        wire.ok("GetSecretValue", {"SecretName": "metrics"})
    wire.acs3("GetSecretValue", {"SecretName": "not-there"})
    wire.ok("PutSecretValue", {"SecretName": "metrics", "VersionId": "v2", "SecretData": CANARY + "2"})
    wire.ok("DeleteSecret", {"SecretName": "metrics", "ForceDeleteWithoutRecovery": "true"})
    url = server.env["STRONGROOM_METRICS_URL"]
    text = fetch(url)
    with suite.case("-", "promtool takes the metrics"):
        checked = subprocess.run([program("promtool"), "check", "metrics"], input=text, text=True, capture_output=True)
        equal((checked.returncode, checked.stderr), (0, ""))
    with suite.case("-", "calls are counted by action and outcome"):
        labels = 'api="Kms",action="GetSecretValue",gateway="shared"'
        assert f'strongroom_requests_total{{{labels},outcome="ok"}} 5\n' in text, text
        assert f'strongroom_requests_total{{{labels},outcome="invalid"}} 1\n' in text, text
        assert f"strongroom_request_duration_seconds_count{{{labels}}} 6\n" in text, text
    with suite.case("-", "promtool takes the alert rules, over metrics that exist"):
        rules = os.path.join(ROOT, "deploy", "prometheus", "alerts.yml")
        checked = subprocess.run([program("promtool"), "check", "rules", rules], text=True, capture_output=True)
        equal(checked.returncode, 0, checked.stdout + checked.stderr)
        known = names(text) | {name + "_bucket" for name in names(text)}
        with open(rules, encoding="utf-8") as file:
            equal(names(file.read()) - known, set())
        with open(os.path.join(ROOT, "docs", "metrics.md"), encoding="utf-8") as file:
            documented = names(file.read())
        base = {re.sub(r"_(bucket|sum|count)$", "", name) for name in names(text)}
        equal(base - documented, set())
    with suite.case("-", "each alert rule fires when it should, and not before"):
        tested = subprocess.run([program("promtool"), "test", "rules", rules.replace("alerts.yml", "alerts_test.yml")], text=True,
                                capture_output=True)
        equal(tested.returncode, 0, tested.stdout + tested.stderr)
        with open(rules, encoding="utf-8") as file, open(rules.replace("alerts.yml", "alerts_test.yml"), encoding="utf-8") as tests:
            there = tests.read()
            equal([rule for rule in re.findall(r"alert: (\w+)", file.read()) if f"alertname: {rule}" not in there], [])
    with suite.case("-", "health answers"):
        equal(json.loads(fetch(url.replace("/metrics", "/health")))["status"], "serving")
    time.sleep(0.3)
    with suite.case("-", "no planted value on the disk, in the log, in the metrics or in a core"):
        needle = CANARY.encode()
        assert needle not in fetch(url).encode()
        places = [server.log] + [os.path.join(folder, file) for folder, _, files in os.walk(server.data) for file in files]
        core = core_of(server.process.pid)
        if core:
            places += [os.path.join(core, file) for file in os.listdir(core)]
        found = [place for place in places if os.path.isfile(place) and holds(place, needle)]
        if core:
            shutil.rmtree(core)
        equal(found, [])

suite.finish()
