"""The dashboard and the alert rules in the tools they are for: Grafana's own types take the file, and a Prometheus that reads our
metrics answers every query of it."""

import functools
import json
import math
import os
import shutil
import subprocess
import tempfile

from strongroom_e2e import waiting
from strongroom_e2e.prometheus import Prometheus, fetch
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.sinks import HttpSink, certificate
from strongroom_e2e.wire import Wire

WAIT_SECONDS = 30
until = functools.partial(waiting.until, seconds=WAIT_SECONDS)
BOARD = os.path.join(ROOT, "deploy", "grafana", "strongroom.json")
RULES = os.path.join(ROOT, "deploy", "prometheus", "alerts.yml")
GRAFANA = os.path.join(ROOT, "build", "e2e", "grafana")
OPTIONS = {"timeseries": "TimeSeriesPanelCfg", "stat": "StatPanelCfg"}

suite = Suite("dashboard")


def as_typescript(board):
    """A literal of Grafana's own types: a field that they do not know, or of another type, does not compile."""
    lines = ['import type { Dashboard } from "@grafana/schema";']
    lines += [f'import type * as {name} from "@grafana/schema/dist/esm/raw/composable/{kind}/panelcfg/x/{name}_types.gen";'
              for kind, name in OPTIONS.items()]
    lines.append(f"export const board: Dashboard = {json.dumps(board)};")
    for panel in board["panels"]:
        options = f"{OPTIONS[panel['type']]}.Options"
        lines.append(f"export const options{panel['id']}: Partial<{options}> = {json.dumps(panel.get('options', {}))};")
    return "\n".join(lines) + "\n"


def compiled(board):
    """What the compiler has against it."""
    path = os.path.join(GRAFANA, "board.ts")
    with open(path, "w", encoding="utf-8") as file:
        file.write(as_typescript(board))
    done = subprocess.run([os.path.join(GRAFANA, "node_modules", ".bin", "tsc"), "--noEmit", "--strict", "--skipLibCheck", "--module",
                           "esnext", "--moduleResolution", "bundler", "--target", "es2022", path],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr if done.returncode else ""


def queries(board):
    return [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel["targets"]]


def traffic(wire, number):
    """Calls of each kind that a panel shows: reads from the caches and from the store, changes."""
    name = f"dashboard-{number}"
    wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "value-of-" + name})
    for _ in range(3):
        wire.ok("GetSecretValue", {"SecretName": name})
    wire.acs3("GetSecretValue", {"SecretName": "not-there"})


with open(BOARD, encoding="utf-8") as text:
    board = json.load(text)

with suite.case("-", "Grafana's types take the dashboard"):
    equal(compiled(board), "")
with suite.case("-", "and would refuse a field that they do not know, or of another type"):
    panel = board["panels"][0]
    assert "titel" in compiled({**board, "titel": "Strongroom"})
    assert "'number'" in compiled({**board, "panels": [{**panel, "gridPos": {"h": "8", "w": 8, "x": 0, "y": 0}}]})
    assert "colourMode" in compiled({**board, "panels": [{**panel, "options": {"colourMode": "none"}}]})
with suite.case("-", "no two panels have a number or a place in common"):
    places = [(p["gridPos"]["x"] + x, p["gridPos"]["y"] + y) for p in board["panels"]
              for x in range(p["gridPos"]["w"]) for y in range(p["gridPos"]["h"])]
    equal((len(set(places)), max(x for x, _ in places) < 24), (len(places), True))
    equal(len({p["id"] for p in board["panels"]}), len(board["panels"]))

folder = tempfile.mkdtemp(prefix="strongroom-dashboard-")
cert, key = certificate(folder)
sink = HttpSink(cert, key)
sink.refuses = True
backups = os.path.join(folder, "backups")
os.mkdir(backups)
os.environ.update({"STRONGROOM_AUDIT_EXPORT_HTTPS": f"https://{sink.place}/batches", "STRONGROOM_NOTIFY_CA_FILE": cert,
                   "STRONGROOM_NOTIFY_PRIVATE_HOSTS": "localhost", "STRONGROOM_BACKUP_DIRECTORY": backups,
                   "STRONGROOM_BACKUP_INTERVAL_MINUTES": "1", "STRONGROOM_BACKUP_DRILL_INTERVAL_MINUTES": "1"})

with Server() as server:
    until(lambda: os.listdir(backups), "a first backup")
    server.stop()
    server.start()  # what was backed up is proved restorable at once
    wire = Wire.from_env(server.env)
    url = server.env["STRONGROOM_METRICS_URL"]
    with Prometheus(url, RULES) as prometheus:
        with suite.case("-", "Prometheus reads the metrics and evaluates every alert rule"):
            until(lambda: prometheus.numbers("up") == [1.0], "the first scrape")
            targets = prometheus.ask("targets")["activeTargets"]
            equal([(one["health"], one["lastError"]) for one in targets], [("up", "")])
            rules = until(lambda: [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]
                                   if rule["health"] != "unknown"], "evaluated rules")
            equal([(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"], [])
            with open(RULES, encoding="utf-8") as file:
                equal(len(rules), file.read().count("alert:"))
        for number in range(4):  # rates need values that grow between two scrapes
            traffic(wire, number)
            seen = prometheus.numbers("max(timestamp(strongroom_up))")[0]
            until(lambda: prometheus.numbers("max(timestamp(strongroom_up))")[0] > seen, "a scrape")
        for title, expression in queries(board):
            with suite.case("-", f"{title}: {expression}"):
                until(lambda: any(math.isfinite(one) for one in prometheus.numbers(expression)), "a series with a number")
        with suite.case("-", "what the panels show is what happened"):
            equal(prometheus.numbers('sum(strongroom_requests_total{action="GetSecretValue",outcome="ok"})'), [12.0])
            equal(prometheus.numbers("strongroom_up"), [1.0])
            assert prometheus.numbers('strongroom_audit_export_lag_entries{place="https"}')[0] > 0, fetch(url)

sink.close()
shutil.rmtree(folder, ignore_errors=True)
suite.finish()
