#!/usr/bin/env python3
"""Runs the text scripts of this folder against a server (its environment comes from tests/e2e/run.py).

A script is lines; each is one of
    run ARGS            runs `strongroom ARGS` without a terminal      stdin TEXT     what the next run reads
    tty ARGS            runs it on a terminal of its own               type TEXT      what the next tty run types, a line each
    exit N              the exit code of the last run (0 if not said)  env NAME=VALUE from here on; NAME= removes it
    stdout REGEX        it printed that (Python regex)                 ! stdout REGEX it did not; so for stderr
    equals "JSON TEXT"  standard output is exactly that                save NAME REGEX  group 1 of standard output as $NAME
    file NAME "TEXT"    makes a file in the script's folder            # a comment
    wait ARGS           as run, again until it succeeds                keep NAME      standard output as a file
    spoil NAME          turns one letter of that file into another
$UNIQUE is a word of this run, $WORK the script's own folder. Escapes in stdin and type: \\n.
"""

import json
import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from strongroom_e2e.report import Suite  # noqa: E402
from strongroom_e2e.server import ROOT  # noqa: E402

PROGRAM = os.environ.get("STRONGROOM", os.path.join(ROOT, "build", "bin", "strongroom"))
SECONDS = 30


def on_terminal(command, environment, typed):
    """Runs the command with a controlling terminal. Both outputs come back as one text."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    out, lines = b"", list(typed)
    while True:
        ready, _, _ = select.select([fd], [], [], SECONDS)
        if not ready:
            os.kill(pid, 9)
            break
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
        if lines and out.rstrip(b" ").endswith(b":"):
            os.write(fd, lines.pop(0).encode() + b"\n")
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    text = out.decode("utf-8", "replace").replace("\r\n", "\n")
    return os.waitstatus_to_exitcode(status), text, text


class Script:
    def __init__(self, path):
        self.path = path
        self.work = tempfile.mkdtemp(prefix="strongroom-cli-")
        self.environment = {**os.environ, "HOME": self.work, "TERM": "dumb", "UNIQUE": uuid.uuid4().hex[:8], "WORK": self.work}
        self.environment.pop("XDG_CONFIG_HOME", None)
        self.stdin, self.typed = "", []
        self.code, self.out, self.err, self.unchecked = 0, "", "", False

    def expand(self, text):
        return re.sub(r"\$([A-Z_]+)", lambda m: self.environment.get(m.group(1), ""), text)

    def settle(self):
        """A run whose exit code is not looked at must have succeeded."""
        if self.unchecked and self.code != 0:
            raise AssertionError(f"exit {self.code}: {self.err}")
        self.unchecked = False

    def run(self, words, terminal):
        self.settle()
        command = [PROGRAM, *words]
        if terminal:
            self.code, self.out, self.err = on_terminal(command, self.environment, self.typed)
        else:
            done = subprocess.run(command, env=self.environment, input=self.stdin.encode(), capture_output=True, timeout=SECONDS)
            self.code, self.out, self.err = done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        self.stdin, self.typed, self.unchecked = "", [], True

    def line(self, line):
        negated = line.startswith("! ")
        verb, _, rest = line[2 * negated:].partition(" ")
        rest = self.expand(rest)
        if verb in ("run", "tty"):
            self.run(shlex.split(rest), verb == "tty")
        elif verb == "wait":
            for _ in range(50):
                self.unchecked = False
                self.run(shlex.split(rest), False)
                if self.code == 0:
                    break
                time.sleep(0.1)
        elif verb in ("keep", "spoil"):
            self.file(verb, os.path.join(self.work, rest))
        elif verb == "stdin":
            self.stdin = rest.replace("\\n", "\n")
        elif verb == "type":
            self.typed = rest.split("\\n")
        elif verb == "env":
            name, _, value = rest.partition("=")
            self.environment.update({name: value}) if value else self.environment.pop(name, None)
        elif verb == "file":
            name, text = shlex.split(rest)
            with open(os.open(os.path.join(self.work, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
                out.write(text.replace("\\n", "\n"))
        elif verb == "exit":
            self.unchecked = False
            assert self.code == int(rest), f"exit {self.code}, expected {rest}\nstdout: {self.out}\nstderr: {self.err}"
        elif verb == "equals":
            assert self.out == json.loads(rest), f"standard output is {self.out!r}"
        elif verb == "save":
            name, pattern = rest.split(" ", 1)
            self.environment[name] = re.search(pattern, self.out, re.M).group(1)
        elif verb in ("stdout", "stderr"):
            text = self.out if verb == "stdout" else self.err
            assert bool(re.search(rest, text, re.M)) != negated, f"{verb} is {text!r}"
        else:
            raise AssertionError(f"unknown verb {verb}")

    def file(self, verb, path):
        text = self.out if verb == "keep" else open(path).read()
        if verb == "spoil":
            at = next(i for i, c in enumerate(text) if i > len(text) // 2 and c.isalpha())
            text = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1:]
        with open(path, "w") as out:
            out.write(text)

    def play(self):
        with open(self.path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                line = line.strip("\n")
                if not line.strip() or line.startswith("#"):
                    continue
                try:
                    self.line(line)
                except Exception as error:
                    raise AssertionError(f"line {number}, {line}: {error}") from error
        self.settle()


def main():
    suite = Suite("strongroom")
    for name in sorted(os.listdir(HERE)):
        if not name.endswith(".txt"):
            continue
        script = Script(os.path.join(HERE, name))
        with suite.case("-", name):
            script.play()
        shutil.rmtree(script.work, ignore_errors=True)
    suite.finish()


if __name__ == "__main__":
    main()
