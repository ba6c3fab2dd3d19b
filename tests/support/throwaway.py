#!/usr/bin/env python3
"""Starts one real server on loopback over a temporary directory, for the tests of the rotation connectors
and seal slots.

    throwaway.py mariadb|postgres|redis|sshd|swtpm|cloud|cloud-ecs

Prints one line of JSON when the server answers: where it is, its administrator, its CA or host key, its log files. Ends the
server, by its id, and removes the directory when standard input closes: so it never outlives the test that started it, even
one that was killed. Needs root for sshd only (users of a private copy of /etc, in a mount namespace of its own).
"""

import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import cloud

START_SECONDS = 60
LOOPBACK = "127.0.0.1"
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}


class StartFailed(Exception):
    """The server did not come up; the message holds the end of its log."""


def free_port():
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    if done.returncode != 0:
        raise StartFailed(f"{command[0]}: {done.stdout.decode('utf-8', 'replace')[-2000:]}")


def unprivileged():
    """How to start a server that refuses to be root: (uid, gid), or nothing if this process is none."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
        except KeyError:
            continue
    raise StartFailed("no unprivileged user to start the server as")


def tail(path):
    try:
        with open(path, "rb") as log:
            return log.read()[-3000:].decode("utf-8", "replace")
    except OSError:
        return ""


class Throwaway:
    """One server; subclasses say how to prepare, start and ask it."""

    def __init__(self):
        self.work = tempfile.mkdtemp(prefix="strongroom-target-")
        self.port = free_port()
        self.log = os.path.join(self.work, "log")
        self.password = secrets.token_urlsafe(24)
        self.process = None
        self.as_user = None

    def path(self, *parts):
        return os.path.join(self.work, *parts)

    def make_certificates(self):
        """A CA and a certificate for 127.0.0.1 under it."""
        ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run(["openssl", "req", "-x509", *ec, "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"), "-days", "2",
             "-subj", "/CN=throwaway CA"])
        run(["openssl", "req", *ec, "-keyout", self.path("tls.key"), "-out", self.path("tls.csr"), "-subj", "/CN=localhost"])
        with open(self.path("san"), "w", encoding="ascii") as extension:
            extension.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        run(["openssl", "x509", "-req", "-in", self.path("tls.csr"), "-CA", self.path("ca.pem"), "-CAkey", self.path("ca.key"),
             "-CAcreateserial", "-out", self.path("tls.pem"), "-days", "2", "-extfile", self.path("san")])

    def give_to(self, user):
        if user:
            for folder, _, names in os.walk(self.work):
                os.chown(folder, *user)
                for name in names:
                    os.chown(os.path.join(folder, name), *user)

    def demote(self):
        """What a child runs before its program: end with this process, and the unprivileged user."""
        user = self.as_user

        def prepare():
            if user:
                os.setgroups([])
                os.setgid(user[1])
                os.setuid(user[0])
        return prepare

    def spawn(self, command, **options):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, **options)

    def wait_until(self, ready):
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise StartFailed(f"status {self.process.poll()}:\n{tail(self.log)}")
            time.sleep(0.02)

    def answers(self):
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1):
                return True
        except OSError:
            return False

    def facts(self):
        with open(self.path("ca.pem"), encoding="ascii") as ca:
            return {"host": LOOPBACK, "port": self.port, "admin": "rotator", "password": self.password, "ca": ca.read(),
                    "directory": self.work, "pid": self.process.pid, "logs": [self.log]}

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.work, ignore_errors=True)


class MariaDb(Throwaway):
    def start(self):
        self.make_certificates()
        data = self.path("data")
        whoami = pwd.getpwuid(os.getuid()).pw_name
        # Not the common one: a server that starts deletes there what looks like tables of an earlier life.
        scratch = self.path("tmp")
        os.makedirs(scratch, 0o700, exist_ok=True)
        run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=socket",
             "--skip-test-db", f"--user={whoami}", "--skip-name-resolve"], env={**os.environ, "TMPDIR": scratch})
        with open(self.path("init.sql"), "w", encoding="ascii") as init:
            init.write(f"GRANT ALL PRIVILEGES ON *.* TO 'rotator'@'{LOOPBACK}' IDENTIFIED BY '{self.password}' "
                       "WITH GRANT OPTION;\nCREATE DATABASE IF NOT EXISTS app;\n"
                       "CREATE TABLE IF NOT EXISTS app.items (id INT PRIMARY KEY, name VARCHAR(20));\n")
        self.general = self.path("general.log")
        self.spawn(["mariadbd", "--no-defaults", f"--datadir={data}", f"--tmpdir={scratch}", f"--socket={self.path('socket')}",
                    f"--port={self.port}", f"--bind-address={LOOPBACK}", f"--user={whoami}", f"--init-file={self.path('init.sql')}",
                    "--skip-name-resolve", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
                    "--innodb-flush-log-at-trx-commit=0", "--key-buffer-size=1M", "--performance-schema=off",
                    "--max-connections=300", "--general-log=1", f"--general-log-file={self.general}", "--slow-query-log=1",
                    f"--slow-query-log-file={self.path('slow.log')}", "--long-query-time=0", f"--log-bin={self.path('binlog')}",
                    "--server-id=1", f"--ssl-ca={self.path('ca.pem')}", f"--ssl-cert={self.path('tls.pem')}",
                    f"--ssl-key={self.path('tls.key')}"])
        self.wait_until(lambda: self.answers() and b"ready for connections" in open(self.log, "rb").read())
        os.remove(self.path("init.sql"))

    def facts(self):
        return {**super().facts(), "database": "app", "socket": self.path("socket"),
                "logs": [self.log, self.general, self.path("slow.log"), self.path("binlog.000001")]}


class Postgres(Throwaway):
    @staticmethod
    def program(name):
        found = shutil.which(name)
        if found:
            return found
        base = "/usr/lib/postgresql"
        versions = sorted(os.listdir(base), key=int) if os.path.isdir(base) else []
        if not versions:
            raise StartFailed("no PostgreSQL server is installed")
        return os.path.join(base, versions[-1], "bin", name)

    def start(self):
        self.as_user = unprivileged()
        self.make_certificates()
        with open(self.path("pw"), "w", encoding="ascii") as pw:
            pw.write(self.password + "\n")
        self.give_to(self.as_user)
        run([self.program("initdb"), "-D", self.path("data"), "-U", "rotator", "-A", "scram-sha-256", "--pwfile", self.path("pw"),
             "-E", "UTF8", "--no-locale", "-N"], preexec_fn=self.demote())
        os.remove(self.path("pw"))
        settings = {"listen_addresses": LOOPBACK, "port": self.port, "unix_socket_directories": self.work, "fsync": "off",
                    "log_statement": "all", "log_min_error_statement": "info", "log_connections": "on", "ssl": "on",
                    "ssl_cert_file": self.path("tls.pem"), "ssl_key_file": self.path("tls.key"), "shared_buffers": "8MB",
                    "max_connections": "100"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with open(self.log, "ab"):
            os.chmod(self.log, 0o666)
        self.spawn([self.program("postgres"), "-D", self.path("data"), *options], preexec_fn=self.demote())
        self.wait_until(lambda: b"ready to accept connections" in open(self.log, "rb").read())

    def facts(self):
        return {**super().facts(), "database": "postgres"}


class Redis(Throwaway):
    def start(self):
        self.make_certificates()
        with open(self.path("users.acl"), "w", encoding="ascii") as acl:
            acl.write(f"user default off\nuser rotator on >{self.password} ~* &* +@all\n")
        self.plain_port = free_port()
        self.spawn(["redis-server", "--port", str(self.plain_port), "--tls-port", str(self.port), "--bind", LOOPBACK,
                    "--tls-cert-file", self.path("tls.pem"), "--tls-key-file", self.path("tls.key"), "--tls-ca-cert-file",
                    self.path("ca.pem"), "--tls-auth-clients", "no", "--aclfile", self.path("users.acl"), "--save", "",
                    "--dir", self.work, "--slowlog-log-slower-than", "0", "--loglevel", "verbose"])
        self.wait_until(lambda: b"Ready to accept connections" in open(self.log, "rb").read())

    def facts(self):
        return {**super().facts(), "plain_port": self.plain_port, "acl_file": self.path("users.acl")}


SSHD_CONFIG = """
ListenAddress {host}
Port {port}
HostKey {work}/host_key
PidFile none
UsePAM no
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin no
MaxStartups 100
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""


class Sshd(Throwaway):
    """Users `rotator` (administrator, by key; root's uid so that no sudo is needed) and `app`, `spare` (by password)."""

    def start(self):
        if os.getuid() != 0:
            raise StartFailed("sshd with users of its own needs root")
        for name in ("host_key", "admin_key"):
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", self.path(name)])
        shutil.copytree("/etc", self.path("etc"), symlinks=True, ignore_dangling_symlinks=True)
        with open(self.path("sshd_config"), "w", encoding="ascii") as config:
            config.write(SSHD_CONFIG.format(host=LOOPBACK, port=self.port, work=self.work).replace(
                "PermitRootLogin no", "PermitRootLogin prohibit-password"))
        os.makedirs("/run/sshd", exist_ok=True)
        os.chmod(self.work, 0o755)
        self.app_password = secrets.token_urlsafe(18)
        # The shell stays in the namespace as its only child's parent: it becomes sshd.
        script = r"""
set -e
mount --make-rprivate /
mount --bind "$W/etc" /etc
for user in app spare other; do
  useradd -M -d "$W/home-$user" -s /bin/sh "$user"
  mkdir -p "$W/home-$user/.ssh"; chmod 700 "$W/home-$user/.ssh"; chown -R "$user:" "$W/home-$user"
done
printf '%s\n' "app:$P" "spare:$P" "other:$P" | chpasswd
useradd -M -o -u 0 -g 0 -d "$W/home-rotator" -s /bin/sh rotator
usermod -p '*' rotator
mkdir -p "$W/home-rotator/.ssh"; cp "$W/admin_key.pub" "$W/home-rotator/.ssh/authorized_keys"
chmod 700 "$W/home-rotator" "$W/home-rotator/.ssh"
exec /usr/sbin/sshd -D -e -f "$W/sshd_config"
"""
        self.spawn(["unshare", "-m", "sh", "-c", script], env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "W": self.work,
                                                               "P": self.app_password})
        self.wait_until(lambda: b"Server listening" in open(self.log, "rb").read())

    def facts(self):
        with open(self.path("host_key.pub"), encoding="ascii") as key, open(self.path("admin_key"), encoding="ascii") as admin:
            return {"host": LOOPBACK, "port": self.port, "admin": "rotator", "private_key": admin.read(),
                    "host_key": " ".join(key.read().split()[:2]), "app_password": self.app_password, "directory": self.work,
                    "etc": self.path("etc"), "pid": self.process.pid, "logs": [self.log]}


class CloudOfRds(MariaDb):
    """A cloud with one RDS instance, `rm-test`, over MariaDB, and one RAM user, `app.prod`."""

    def start(self):
        super().start()
        self.cloud = cloud.Cloud(self.work)
        self.cloud.add_key(None, "LTAI5tAdminAdminAdminAdm", self.password)
        self.cloud.add_key("app.prod", "LTAI5tFirstFirstFirstFir", "FirstSecretOfThirtyCharacters0")
        rds = cloud.Rds(self.sql)
        rds.add("shop", "Shop-password-1", {"app": "ReadWrite"})
        rds.add("root_of_rds", "Root-password-1", {}, "Super")
        self.cloud.products = {"2014-08-15": rds, "2015-05-01": cloud.Ram(self.cloud, {"app.prod"})}
        self.api_port = self.cloud.serve(self.path("tls.pem"), self.path("tls.key"))

    def sql(self, statement):
        run(["mariadb", "--no-defaults", "-h", LOOPBACK, "-P", str(self.port), "-u", "rotator", f"--ssl-ca={self.path('ca.pem')}",
             "-e", statement], env={**os.environ, "MYSQL_PWD": self.password})

    def facts(self):
        return {**super().facts(), "api_port": self.api_port, "key_id": "LTAI5tAdminAdminAdminAdm", "requests": self.cloud.log,
                "faults": self.cloud.faults, "date": self.cloud.date, "logs": [self.cloud.log]}


class CloudOfEcs(Sshd):
    """A cloud with one host, `i-test`."""

    def start(self):
        super().start()
        self.make_certificates()
        self.cloud = cloud.Cloud(self.work)
        self.cloud.add_key(None, "LTAI5tAdminAdminAdminAdm", self.password)
        self.cloud.products = {"2014-05-26": cloud.Ecs(self.process.pid)}
        self.api_port = self.cloud.serve(self.path("tls.pem"), self.path("tls.key"))

    def facts(self):
        with open(self.path("ca.pem"), encoding="ascii") as ca:
            return {**super().facts(), "api_port": self.api_port, "key_id": "LTAI5tAdminAdminAdminAdm", "password": self.password,
                    "ca": ca.read(), "requests": self.cloud.log, "faults": self.cloud.faults,
                    "date": self.cloud.date, "logs": [self.cloud.log]}


class SwTpm(Throwaway):
    """A TPM 2.0 of its own, fresh. Who asks it wants its control port right behind its port."""

    def start(self):
        while not self.next_port_is_free():
            self.port = free_port()
        place = f"type=tcp,bindaddr={LOOPBACK},port="
        self.spawn(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.work}", "--server", f"{place}{self.port}", "--ctrl",
                    f"{place}{self.port + 1}", "--flags", "not-need-init,startup-clear"])
        self.wait_until(self.answers)

    def next_port_is_free(self):
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, self.port + 1))
            except (OSError, OverflowError):
                return False
            return True

    def facts(self):
        return {"host": LOOPBACK, "port": self.port, "tcti": f"swtpm:host={LOOPBACK},port={self.port}", "pid": self.process.pid,
                "logs": [self.log]}


KINDS = {"mariadb": MariaDb, "postgres": Postgres, "redis": Redis, "sshd": Sshd, "swtpm": SwTpm, "cloud": CloudOfRds,
         "cloud-ecs": CloudOfEcs}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in KINDS:
        print(__doc__, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's: the test ends us by closing our input
    server = KINDS[sys.argv[1]]()
    try:
        server.start()
        print(json.dumps(server.facts()), flush=True)
        sys.stdin.read()
    except StartFailed as failure:
        print(f"throwaway {sys.argv[1]}: {failure}", file=sys.stderr)
        return 1
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
