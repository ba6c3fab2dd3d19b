"""The systemd units: systemd itself takes them without a word, and finds little that they leave open."""

import os
import subprocess
import tempfile

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, ROOT

UNITS = os.path.join(ROOT, "deploy", "systemd")
EXPOSURE_MAX = 15  # in tenths; without CAP_*, namespaces, devices and a network it would be about 1
SECONDS = 60


def analyze(*words):
    return subprocess.run(["systemd-analyze", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)


def main():
    suite = Suite("systemd units")
    with tempfile.TemporaryDirectory(prefix="strongroom-e2e-") as work:
        paths = []
        for name in sorted(os.listdir(UNITS)):
            with open(os.path.join(UNITS, name), encoding="utf-8") as file:
                unit = file.read()
            paths.append(os.path.join(work, name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(unit.replace("/usr/bin/strongroomd", DEFAULT_SERVER))
        with suite.case("-", "systemd-analyze verify has nothing to say"):
            done = analyze("verify", "--man=no", *paths)
            equal((done.returncode, done.stdout, done.stderr), (0, "", ""))
        with suite.case("-", "systemd-analyze security finds the service well enclosed"):
            service = next(path for path in paths if path.endswith(".service"))
            done = analyze("security", "--no-pager", "--offline=true", f"--threshold={EXPOSURE_MAX}", service)
            equal(done.returncode, 0, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("✓")))
    suite.finish()


if __name__ == "__main__":
    main()
