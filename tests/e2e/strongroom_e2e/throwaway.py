"""A real server on loopback as a rotation target, ended when the `with` ends (tests/support/throwaway.py)."""

import json
import os
import subprocess
import sys

from strongroom_e2e.server import ROOT, ServerError

SCRIPT = os.path.join(ROOT, "tests", "support", "throwaway.py")


class Throwaway:
    """with Throwaway("mariadb") as facts: facts["port"], facts["admin"], facts["password"], facts["ca"], facts["logs"]"""

    def __init__(self, kind):
        self.kind = kind
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, SCRIPT, self.kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        line = self.process.stdout.readline()
        if not line:
            self.__exit__()
            raise ServerError(f"no {self.kind} server")
        return json.loads(line)

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def logged(facts):
    """Everything that the server has logged."""
    return "".join(open(path, encoding="utf-8", errors="replace").read() for path in facts["logs"] if os.path.exists(path))
