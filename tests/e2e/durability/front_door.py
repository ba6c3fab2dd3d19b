"""What a person meets first: `strongroomd dev` prints lines that can be copied, and they work, after a kill -9 too."""

import os
import re
import signal
import subprocess
import tempfile
import time

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("STRONGROOM", "ALIBABA"))}
SAMPLE = "MyDbCreds"


class Dev:
    """`strongroomd dev` with a terminal's arguments; `banner` is what it printed when it was ready."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([DEFAULT_SERVER, "dev", "--listen", "127.0.0.1:0", *arguments], env=CLEAN, text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.banner = ""
        for line in self.process.stdout:
            self.banner += line
            if "Ctrl-C" in line:
                break

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def shell(self, text):
        done = subprocess.run(["bash", "-ec", text], env=CLEAN, text=True, capture_output=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise AssertionError(f"exit {done.returncode}: {done.stderr}")
        return done.stdout

    def command(self):
        """The one line that is offered for copying."""
        found = re.search(r"Read the sample secret:\s+(STRONGROOM_ENDPOINT=.*)", self.banner)
        return found.group(1) if found else None

    def exports(self):
        return "\n".join(line.strip() for line in self.banner.splitlines() if line.strip().startswith("export "))


def main():
    suite = Suite("front-door")
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "data")
        with Dev("--data", data) as dev:
            with suite.case("GetSecretValue", "the printed command reads the sample secret"):
                value = dev.shell(dev.command())
                assert "AccountPassword" in value, value
            with suite.case("GetSecretValue", "the printed lines are an environment"):
                program = os.path.join(os.path.dirname(DEFAULT_SERVER), "strongroom")
                equal(dev.shell(f"{dev.exports()}\n{program} get {SAMPLE}"), value)
            exports = dev.exports()
        with Dev("--data", data) as dev, suite.case("GetSecretValue", "killed and started again: the same keys, the same value"):
            keys = [line for line in exports.splitlines() if "ACCESS_KEY" in line or "ACCOUNT_ID" in line]
            equal(len(keys), 3)
            for line in keys:
                assert line in dev.banner, line
            equal(dev.shell(dev.command()), value)
        with Dev("--no-sample") as dev, suite.case("ListSecrets", "--no-sample begins with nothing"):
            equal(dev.command(), None)
            equal(dev.shell(f"{dev.exports()}\n{program} secret ls -o json | grep -c {SAMPLE} || true"), "0\n")
        env_file = os.path.join(work, "env")
        with Dev("--env-file", env_file) as dev, suite.case("ListSecrets", "a script's server has no sample"):
            equal(dev.command(), None)
            for _ in range(500):
                if os.path.exists(env_file):
                    break
                time.sleep(0.01)
            assert os.stat(env_file).st_mode & 0o777 == 0o600
    suite.finish()


if __name__ == "__main__":
    main()
