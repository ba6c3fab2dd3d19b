"""What `strongroom sdk-snippet` prints, run as it is in each language."""

import os
import shutil
import subprocess
import sys

from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.languages import OUT, SOURCES
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT


def run(*command, folder=None, **env):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False, cwd=folder,
                          env={**os.environ, **env})
    equal(done.returncode, 0, done.stderr + done.stdout)
    return done.stdout


class Snippets:
    def __init__(self):
        self.apps = Applications()
        self.name = f"e2e/snippet/{self.apps.tail}"
        self.apps.secret(self.name, "printed by a snippet")
        content, password = self.apps.client_key("snippet").files()
        with open(password, encoding="utf-8") as text:
            self.key = {"CLIENT_KEY_FILE": content, "CLIENT_KEY_PASSWORD": text.read()}

    def written(self, language, file):
        folder = work_directory("snippet")
        with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
            out.write(run(os.path.join(ROOT, "build", "bin", "strongroom"), "sdk-snippet", "--lang", language,
                          "--secret", self.name))
        return folder

    def check(self, folder, *command, **env):
        equal(run(*command, folder=folder, **self.key, **env).splitlines()[-1], "printed by a snippet")

    def python(self):
        self.check(self.written("python", "read.py"), sys.executable, "read.py")

    def java(self):
        self.check(self.written("java", "Read.java"), "java", "-cp", os.environ["E2E_CLASSPATH"], "Read.java")

    def go(self):
        folder = self.written("go", "main.go")
        for name in ("go.mod", "go.sum"):
            shutil.copy(os.path.join(SOURCES, "go", name), folder)
        self.check(folder, "go", "run", "main.go")

    def node(self):
        self.check(self.written("node", "read.js"), "node", "read.js", NODE_PATH=os.path.join(OUT, "node", "node_modules"))


if __name__ == "__main__":
    suite, snippets = Suite("sdk snippets"), Snippets()
    for program in (snippets.python, snippets.java, snippets.go, snippets.node):
        with suite.case("GetSecretValue", "the snippet for " + program.__name__):
            program()
    suite.finish()
