"""Debian's Prometheus, taken out of its package: nothing is installed."""

import glob
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request

from strongroom_e2e import waiting
from strongroom_e2e.server import ROOT

START_SECONDS = 30


def install():
    """Puts the programs below build/e2e/prometheus; afterwards program() finds them."""
    folder = os.path.join(ROOT, "build", "e2e", "prometheus")
    if os.path.exists(os.path.join(folder, "usr", "bin", "prometheus")):
        return
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["apt-get", "download", "-qq", "prometheus"], cwd=folder, check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["dpkg", "-x", glob.glob(os.path.join(folder, "prometheus_*.deb"))[0], folder], check=True)


def program(name):
    return os.path.join(ROOT, "build", "e2e", "prometheus", "usr", "bin", name)


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


class Prometheus:
    """Asks the server at `metrics_url` every second and evaluates `rules` as often. Ended when the `with` ends."""

    def __init__(self, metrics_url, rules):
        self.target = urllib.parse.urlsplit(metrics_url)
        self.rules = rules
        self.work = tempfile.mkdtemp(prefix="strongroom-prometheus-")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.process = None

    def __enter__(self):
        config = os.path.join(self.work, "prometheus.yml")
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [self.rules],
                       "scrape_configs": [{"job_name": "strongroom", "metrics_path": self.target.path,
                                           "static_configs": [{"targets": [self.target.netloc]}]}]}, file)
        with open(os.path.join(self.work, "log"), "wb") as log:
            self.process = subprocess.Popen(
                [program("prometheus"), f"--config.file={config}", f"--storage.tsdb.path={self.work}/data",
                 "--web.listen-address=" + self.url.removeprefix("http://")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        waiting.until(self.ready, "Prometheus is ready", START_SECONDS)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def ready(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.work, "log"), encoding="utf-8") as log:
                raise AssertionError(log.read()[-2000:])
        try:
            return fetch(self.url + "/-/ready")
        except OSError:
            return None

    def ask(self, path, **parameters):
        answer = json.loads(fetch(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))
        return answer["data"]

    def numbers(self, expression):
        """What the expression is now, a number for each series."""
        return [float(series["value"][1]) for series in self.ask("query", query=expression)["result"]]
