"""Starts and ends the server under test. Every process is ended by its own id."""

import os
import signal
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
DEFAULT_SERVER = os.environ.get("STRONGROOMD", os.path.join(ROOT, "build", "bin", "strongroomd"))
START_SECONDS = 30


class ServerError(Exception):
    """The server did not start; the message holds the end of its log."""


def read_env_file(path):
    with open(path, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split("=", 1) for line in lines if "=" in line)


class Server:
    """`strongroomd dev` on a free loopback port, over a data directory that outlives it."""

    def __init__(self, data=None, program=None, arguments=()):
        self.program = program or DEFAULT_SERVER
        self.work = tempfile.mkdtemp(prefix="strongroom-e2e-")
        self.data = data or os.path.join(self.work, "data")
        self.env_file = os.path.join(self.work, "env")
        self.log = os.path.join(self.work, "log")
        self.arguments = list(arguments)
        self.process = None
        self.env = {}

    def start(self):
        os.makedirs(self.data, mode=0o700, exist_ok=True)
        if os.path.exists(self.env_file):
            os.remove(self.env_file)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "dev", "--env-file", self.env_file, "--listen", "127.0.0.1:0", "--data", self.data,
                 *self.arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not os.path.exists(self.env_file):
            if self.process.poll() is not None or time.monotonic() > deadline:
                status = self.process.poll()
                self.kill()
                raise ServerError(f"no env file (exit status {status}):\n{self.log_tail()}")
            time.sleep(0.01)
        self.env = read_env_file(self.env_file)
        return self

    def log_tail(self, size=4000):
        with open(self.log, "rb") as log:
            return log.read()[-size:].decode("utf-8", "replace")

    def kill(self):
        """kill -9, as a power cut would (without the power cut)."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self):
        """SIGTERM, then SIGKILL after ten seconds. Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
