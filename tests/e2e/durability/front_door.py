"""What a person meets first: `strongroomd dev` prints lines that can be copied, and they work, after a kill -9 too."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import time

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, read_env_file
from strongroom_e2e.wire import Wire

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


def without_streams(data, env_file):
    """Standard streams closed, as a careless supervisor does it: what is printed must go into no file of the store."""
    for _ in range(2):  # the second start meets what the first one left
        process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', DEFAULT_SERVER, "dev", "--listen", "127.0.0.1:0",
                                    "--data", data, "--env-file", env_file], env=CLEAN)
        try:
            wait_for(lambda: os.path.exists(env_file) or process.poll() is not None)
            equal(process.poll(), None)
            files = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
            equal(files, ["/dev/null"] * 3)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
            if os.path.exists(env_file):
                os.remove(env_file)
    for name in os.listdir(os.path.join(data, "store")):
        with open(os.path.join(data, "store", name), "rb") as file:
            assert b"ALIBABA_CLOUD_ACCESS_KEY_SECRET" not in file.read(), name


def with_small_files(data, env_file):
    """A limit of file sizes is a full disk: calls get 503, and nothing ends."""
    limit = (3 << 20, 3 << 20)
    process = subprocess.Popen([DEFAULT_SERVER, "dev", "--listen", "127.0.0.1:0", "--data", data, "--env-file", env_file],
                               env=CLEAN, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    try:
        wait_for(lambda: os.path.exists(env_file) or process.poll() is not None)
        wire = Wire.from_env(read_env_file(env_file))
        seen = {wire.acs3("ListSecrets").status for _ in range(20)}
        assert seen <= {200, 503} and 503 in seen, seen
        equal(process.poll(), None)
        wire.close()
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_for(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it took longer than 30 s")


def main():
    suite = Suite("front-door")
    with tempfile.TemporaryDirectory() as work:
        data = os.path.join(work, "it's kept here")
        with Dev("--data", data) as dev:
            with suite.case("GetSecretValue", "the printed command reads the sample secret"):
                value = dev.shell(dev.command())
                assert "AccountPassword" in value, value
            with suite.case("GetSecretValue", "the printed lines are an environment"):
                program = os.path.join(os.path.dirname(DEFAULT_SERVER), "strongroom")
                equal(dev.shell(f"{dev.exports()}\n{program} get {SAMPLE}"), value)
            with suite.case("GetSecretValue", "a value goes to standard output or nowhere, never into the connection"):
                equal(dev.shell(f"{dev.exports()}\n{program} get {SAMPLE} >&- 2>/dev/null || echo $?"), "1\n")
            exports = dev.exports()
        with Dev("--data", data) as dev, suite.case("GetSecretValue", "killed and started again: the same keys, the same value"):
            keys = [line for line in exports.splitlines() if "ACCESS_KEY" in line or "ACCOUNT_ID" in line]
            equal(len(keys), 3)
            for line in keys:
                assert line in dev.banner, line
            equal(dev.shell(dev.command()), value)
        with suite.case("-", "a development server shows the root AccessKey that was made last"):
            for _ in range(2):
                listed = subprocess.run([DEFAULT_SERVER, "access-key", "ls", "--data", data], env=CLEAN, text=True, capture_output=True)
                oldest = listed.stdout.split()[0]
                made = subprocess.run([DEFAULT_SERVER, "access-key", "new", "--data", data, "--remove", oldest], env=CLEAN, text=True,
                                      capture_output=True)
                equal(made.returncode, 0, made.stderr)
            with Dev("--data", data) as dev:
                assert re.search(r"AccessKeyId +(\w+)", made.stdout).group(1) in dev.banner, dev.banner
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
        with suite.case("-", "what a script could not source as it stands is refused before anything is made"):
            for path, file in ((data, env_file), (os.path.join(work, "$(date)"), env_file), (os.path.join(work, "plain"), work)):
                refused = subprocess.run([DEFAULT_SERVER, "dev", "--listen", "127.0.0.1:0", "--data", path, "--env-file", file], env=CLEAN,
                                         text=True, capture_output=True, timeout=30)
                equal(refused.returncode, 1, refused.stderr)
                assert "the environment file cannot be written" in refused.stderr, refused.stderr
            equal(sorted(os.listdir(work)), ["it's kept here"])
        with suite.case("-", "started without standard streams, and again"):
            without_streams(os.path.join(work, "streamless"), os.path.join(work, "streamless-env"))
        with suite.case("ListSecrets", "a limit of file sizes ends nothing"):
            with_small_files(os.path.join(work, "small"), os.path.join(work, "small-env"))
    suite.finish()


if __name__ == "__main__":
    main()
