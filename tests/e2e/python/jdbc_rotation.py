"""A Java application over JDBC and the cloud's caching secrets client through rotations of two accounts: no failed transaction,
though it asks for its secret again only when the database refuses the account. A dozen rotations, 200 with --soak.

The cloud's own driver (aliyun-secretsmanager-jdbc, unmodified) is run too where STRONGROOM_JDBC_JAR names its jar: each of its
drivers with an AccessKey, with a client key, and below a connection pool."""

import json
import os
import subprocess

from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.databases import Database, Managed, no_password_in_logs
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.throwaway import Throwaway

suite = Suite("java jdbc")
FEW = 12
ROTATIONS = 200 if "STRONGROOM_SOAK" in os.environ else FEW
DRIVER_JAR = os.environ.get("STRONGROOM_JDBC_JAR")
assert not DRIVER_JAR or os.path.isfile(DRIVER_JAR), "STRONGROOM_JDBC_JAR names no file: " + DRIVER_JAR
PACKAGE = "com.aliyun.kms.secretsmanager."
STORE_PASSWORD = "changeit"  # of a store that holds a certificate only


def trust_store(database):
    """MySQL's own driver takes roots in no other form."""
    path = os.path.join(work_directory("jdbc-roots"), "roots.p12")
    subprocess.run(["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", database.ca_file, "-keystore", path,
                    "-storetype", "PKCS12", "-storepass", STORE_PASSWORD], check=True, capture_output=True)
    return path


def url_of(database, driver):
    place = f"{database.facts['host']}:{database.facts['port']}"
    if driver == "mysql":
        return (f"mysql://{place}/app?sslMode=VERIFY_CA&trustCertificateKeyStoreType=PKCS12"
                f"&trustCertificateKeyStoreUrl=file:{trust_store(database)}&trustCertificateKeyStorePassword={STORE_PASSWORD}")
    if driver == "mariadb":
        return f"mariadb://{place}/app?sslMode=verify-full&serverSslCert={database.ca_file}"
    return f"postgresql://{place}/postgres?sslmode=verify-full&sslrootcert={database.ca_file}"


class Application:
    """The Java program in a process of its own. `settings` go into the file that the cloud's driver looks for."""

    def __init__(self, arguments, env, settings=None, jar=None):
        folder = work_directory("jdbc")
        if settings:
            with open(os.path.join(folder, "secretsmanager.properties"), "w", encoding="utf-8") as out:
                out.writelines(f"{name}={value}\n" for name, value in settings.items())
        path = ":".join([jar, os.environ["E2E_CLASSPATH"]] if jar else [os.environ["E2E_CLASSPATH"]])
        self.process = subprocess.Popen(["java", "-cp", path, "e2e.JdbcApplication", *arguments], env={**os.environ, **env},
                                        cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self):
        """The next line of its own; the client library logs to standard output too."""
        for line in self.process.stdout:
            if line.startswith(("started", "{\"transactions\"")):
                return line
        raise AssertionError("the application ended")

    def stop(self):
        if self.process.poll() is None:
            self.process.stdin.write("end\n")
            self.process.stdin.flush()
        answer = json.loads(self.line())
        self.process.communicate()
        return answer


def two_accounts(server, database, what, start, rotations=ROTATIONS):
    """`start` makes the application over a secret."""
    managed = Managed(server.env, database, "DoubleUsers")
    application = start(managed.name)
    try:
        equal(application.line().strip(), "started")
        for _ in range(rotations):
            managed.wait_for(managed.rotate())
    finally:
        seen = application.stop()
    equal(seen["failures"], [])
    assert seen["transactions"] > rotations, seen
    equal(seen["accounts"], 2)
    assert seen["changes"] > 0, "it never had to refresh twice: nothing was proved"
    no_password_in_logs(managed, server)
    print(f"{database.kind}, two accounts over {what}: {seen['transactions']} transactions through {rotations} rotations, none "
          f"failed; it changed to the other account {seen['changes'] + 1} times", flush=True)


def with_access_key(env):
    return {"credentials_type": "ak", "credentials_access_key_id": env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            "credentials_access_secret": env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]}


def with_client_key(env):
    key, password = Applications(env).client_key("jdbc", ["secret/*"], ["SecretUser"], scope="shared").files()
    return {"credentials_type": "client_key", "client_key_private_key_path": key, "client_key_password_from_file_path": password}


def official(server, database, driver, kind, credentials, pool="single", rotations=ROTATIONS):
    settings = {**credentials(server.env), "cache_client_region_id": json.dumps(
        [{"regionId": server.env["STRONGROOM_REGION"], "endpoint": server.env["STRONGROOM_ENDPOINT"]}])}

    def start(secret):
        arguments = ["secrets-manager:" + url_of(database, kind), secret, PACKAGE + driver, pool]
        return Application(arguments, server.env, settings, os.path.abspath(DRIVER_JAR))

    two_accounts(server, database, f"{driver} ({kind}, {settings['credentials_type']}, {pool})", start, rotations)


def cases(server, database, kind, drivers):
    with suite.case("RotateSecret", f"{kind}: JDBC over two accounts, no failed transaction"):
        url = "jdbc:" + url_of(database, drivers[-1][1])
        two_accounts(server, database, "JDBC", lambda secret: Application([url, secret], server.env))
    if not DRIVER_JAR:
        return
    for driver, prefix in drivers:
        with suite.case("RotateSecret", f"{kind}: the cloud's {driver}, AccessKey"):
            official(server, database, driver, prefix, with_access_key)
    driver, prefix = drivers[0]
    with suite.case("RotateSecret", f"{kind}: the cloud's {driver}, client key"):
        official(server, database, driver, prefix, with_client_key, rotations=FEW)
    with suite.case("RotateSecret", f"{kind}: the cloud's {driver} below a connection pool"):
        official(server, database, driver, prefix, with_access_key, "pool")


OFFICIAL = {"mysql": [("MysqlSecretsManagerSimpleDriver", "mysql"), ("MariaDBSecretManagerSimpleDriver", "mariadb")],
            "postgres": [("PostgreSQLSecretManagerSimpleDriver", "postgresql")]}

with Server() as server:
    for program, kind in (("mariadb", "mysql"), ("postgres", "postgres")):
        with Throwaway(program) as facts:
            database = Database(kind, facts)
            database.register(server.env)
            cases(server, database, kind, OFFICIAL[kind])

suite.finish()
