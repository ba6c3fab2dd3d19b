"""A small cloud for tests: the calls of RDS, RAM and ECS that the connectors make, with the cloud's signature check, its forms
of answer and its habits (accounts that take a moment, keys that are not known everywhere at once), over a real database and a
real host. Used by throwaway.py."""

import base64
import datetime
import hashlib
import hmac
import http.server
import json
import os
import ssl
import subprocess
import threading
import time
import urllib.parse
import uuid

KEY_SPREADS_SECONDS = 0.4
ACCOUNT_SETTLES_SECONDS = 0.3
REGION = "cn-hangzhou"


class Refused(Exception):
    """What the cloud says no with."""

    def __init__(self, status, code, message=""):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or f"The call was refused: {code}."


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def signature_of(method, path, query, headers, names, body_hash, secret):
    pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
    canonical_query = "&".join(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in pairs)
    fields = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    canonical = "\n".join([method, path, canonical_query, fields, ";".join(names), body_hash])
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Cloud:
    """Accounts, keys and what was asked. `products` maps a version to an object whose methods are the actions."""

    def __init__(self, work):
        self.lock = threading.RLock()
        self.log = os.path.join(work, "requests")
        self.faults = os.path.join(work, "faults")
        self.keys = {}  # id -> {secret, owner, active, since}
        self.products = {}
        self.date = os.path.join(work, "date")  # a test may say what time it is
        open(self.log, "w", encoding="utf-8").close()

    def add_key(self, owner, key_id, secret, since=0.0):
        self.keys[key_id] = {"id": key_id, "secret": secret, "owner": owner, "active": True, "since": since, "created": self.today()}

    def today(self):
        if not os.path.exists(self.date):
            return now()
        with open(self.date, encoding="ascii") as date:
            return date.read()

    def signer(self, handler, path, query, body):
        headers = {name.lower(): value for name, value in handler.headers.items()}
        given = headers.get("authorization", "")
        if not given.startswith("ACS3-HMAC-SHA256 "):
            raise Refused(400, "IncompleteSignature")
        parts = dict(part.split("=", 1) for part in given.split(" ", 1)[1].split(","))
        key = self.keys.get(parts["Credential"])
        if not key or time.monotonic() < key["since"]:
            raise Refused(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if not key["active"]:
            raise Refused(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        body_hash = hashlib.sha256(body).hexdigest()
        names = parts["SignedHeaders"].split(";")
        for needed in ("host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"):
            if needed not in names:
                raise Refused(400, "IncompleteSignature", f"{needed} is not signed.")
        expected = signature_of("POST", path, query, headers, names, body_hash, key["secret"])
        if headers["x-acs-content-sha256"] != body_hash or not hmac.compare_digest(expected, parts["Signature"]):
            raise Refused(400, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
        return key

    def fault(self, action):
        """How this call goes wrong, if a test has ordered that; each order is good for one call."""
        with self.lock:
            if not os.path.exists(self.faults):
                return None
            with open(self.faults, encoding="utf-8") as orders:
                lines = orders.read().split("\n")
            for line in lines:
                if line.split(" ")[0] == action:
                    lines.remove(line)
                    with open(self.faults, "w", encoding="utf-8") as orders:
                        orders.write("\n".join(lines))
                    return line.split(" ")[1]
        return None

    def answer(self, handler):
        path, _, query = handler.path.partition("?")
        body = handler.rfile.read(int(handler.headers.get("content-length", "0")))
        action, version = handler.headers["x-acs-action"], handler.headers["x-acs-version"]
        parameters = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        with self.lock, open(self.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"action": action, "version": version, "parameters": parameters}) + "\n")
        fault = self.fault(action)
        try:
            key = self.signer(handler, path, query, body)
            if fault == "throttle":
                raise Refused(400, "Throttling.User", "Request was denied due to user flow control.")
            if fault == "fail":
                raise Refused(500, "InternalError", "The request processing has failed.")
            if key["owner"] is not None:
                raise Refused(403, "NoPermission", "You are not authorized to do this action.")
            with self.lock:
                document = getattr(self.products[version], action)(parameters)
            status = 200
        except Refused as refused:
            status, document = refused.status, {"Code": refused.code, "Message": refused.message, "HostId": "fake"}
        if fault == "lose":
            handler.close_connection = True
            return
        text = json.dumps({"RequestId": str(uuid.uuid4()).upper(), **document}).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json;charset=utf-8")
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def serve(self, certificate, key):
        cloud = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                cloud.answer(self)

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self):
                # The handshake happens in the thread of the connection, with the first read.
                accepted, address = super().get_request()
                return context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False), address

            def handle_error(self, *_):
                pass

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.server_address[1]


class Rds:
    """One instance, `rm-test`; `sql` runs statements at the database behind it."""

    def __init__(self, sql):
        self.sql = sql
        self.accounts = {}

    def add(self, name, password, rights, kind="Normal"):
        self.sql(f"CREATE USER {self.text(name)}@'%' IDENTIFIED BY {self.text(password)}")
        self.accounts[name] = {"type": kind, "rights": {}, "since": time.monotonic() + ACCOUNT_SETTLES_SECONDS}
        for database, right in rights.items():
            self.grant(name, database, right)

    def grant(self, name, database, right):
        rights = {"ReadWrite": "ALL PRIVILEGES", "ReadOnly": "SELECT"}[right]
        self.sql(f"GRANT {rights} ON `{database}`.* TO {self.text(name)}@'%'")
        self.accounts[name]["rights"][database] = right

    @staticmethod
    def text(value):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def account(self, parameters):
        if parameters.get("DBInstanceId") != "rm-test":
            raise Refused(404, "InvalidDBInstanceId.NotFound")
        account = self.accounts.get(parameters["AccountName"])
        if not account:
            raise Refused(404, "InvalidAccountName.NotFound")
        if time.monotonic() < account["since"]:
            raise Refused(400, "IncorrectDBInstanceState")
        return account

    def DescribeDBInstanceAttribute(self, parameters):
        found = [] if parameters["DBInstanceId"] != "rm-test" else [
            {"DBInstanceId": "rm-test", "Engine": "MySQL", "EngineVersion": "8.0", "DBInstanceStatus": "Running"}]
        return {"Items": {"DBInstanceAttribute": found}}

    def DescribeAccounts(self, parameters):
        asked = parameters.get("AccountName")
        found = [{"AccountName": name, "AccountType": account["type"],
                  "AccountStatus": "Available" if time.monotonic() >= account["since"] else "Unavailable",
                  "DatabasePrivileges": {"DatabasePrivilege": [{"DBName": database, "AccountPrivilege": right}
                                                               for database, right in account["rights"].items()]}}
                 for name, account in self.accounts.items() if asked in (None, name)]
        return {"Accounts": {"DBInstanceAccount": found}}

    def ResetAccountPassword(self, parameters):
        account, password = self.account(parameters), parameters["AccountPassword"]
        kinds = sum((any(c.isupper() for c in password), any(c.islower() for c in password), any(c.isdigit() for c in password),
                     any(c in "!@#$%^&*()_+-=" for c in password)))
        if not 8 <= len(password) <= 32 or kinds < 3:
            raise Refused(400, "InvalidAccountPassword.Format")
        self.sql(f"ALTER USER {self.text(parameters['AccountName'])}@'%' IDENTIFIED BY {self.text(password)}")
        account["since"] = time.monotonic() + ACCOUNT_SETTLES_SECONDS
        return {}

    def CreateAccount(self, parameters):
        if parameters["AccountName"] in self.accounts:
            raise Refused(400, "InvalidAccountName.Duplicate")
        self.add(parameters["AccountName"], parameters["AccountPassword"], {}, parameters["AccountType"])
        return {}

    def GrantAccountPrivilege(self, parameters):
        self.account(parameters)
        self.grant(parameters["AccountName"], parameters["DBName"], parameters["AccountPrivilege"])
        return {}

    def RevokeAccountPrivilege(self, parameters):
        rights = self.account(parameters)["rights"]
        self.sql(f"REVOKE ALL PRIVILEGES ON `{parameters['DBName']}`.* FROM {self.text(parameters['AccountName'])}@'%'")
        del rights[parameters["DBName"]]
        return {}


class Ram:
    def __init__(self, cloud, users):
        self.cloud, self.users = cloud, users

    def keys_of(self, parameters):
        if parameters["UserName"] not in self.users:
            raise Refused(404, "EntityNotExist.User", "The user does not exist.")
        return [key for key in self.cloud.keys.values() if key["owner"] == parameters["UserName"]]

    def key(self, parameters):
        found = [key for key in self.keys_of(parameters) if key["id"] == parameters["UserAccessKeyId"]]
        if not found:
            raise Refused(404, "EntityNotExist.User.AccessKey")
        return found[0]

    def ListAccessKeys(self, parameters):
        return {"AccessKeys": {"AccessKey": [{"AccessKeyId": key["id"], "Status": "Active" if key["active"] else "Inactive",
                                              "CreateDate": key["created"]} for key in self.keys_of(parameters)]}}

    def CreateAccessKey(self, parameters):
        if len(self.keys_of(parameters)) >= 2:
            raise Refused(409, "LimitExceeded.User.AccessKey")
        key_id, secret = "LTAI5t" + uuid.uuid4().hex[:18], uuid.uuid4().hex[:30]
        self.cloud.add_key(parameters["UserName"], key_id, secret, time.monotonic() + KEY_SPREADS_SECONDS)
        return {"AccessKey": {"AccessKeyId": key_id, "AccessKeySecret": secret, "Status": "Active",
                              "CreateDate": self.cloud.today()}}

    def UpdateAccessKey(self, parameters):
        self.key(parameters)["active"] = parameters["Status"] == "Active"
        return {}

    def DeleteAccessKey(self, parameters):
        del self.cloud.keys[self.key(parameters)["id"]]
        return {}


class Ecs:
    """One host, `i-test`, in the mount namespace of a process."""

    def __init__(self, process_id):
        self.process_id = process_id
        self.results = {}

    def RunCommand(self, parameters):
        if parameters["InstanceId.1"] != "i-test" or parameters["RegionId"] != REGION:
            raise Refused(404, "InvalidInstance.NotFound")
        script = base64.b64decode(parameters["CommandContent"])
        done = subprocess.run(["nsenter", "-t", str(self.process_id), "-m", "sh"], input=script, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False, timeout=int(parameters["Timeout"]), cwd="/")
        name = "t-" + uuid.uuid4().hex[:12]
        # The first command of all is seen running once.
        self.results[name] = [1 if self.results else 2, done.returncode, done.stdout.decode("utf-8", "replace")]
        return {"CommandId": "c-1", "InvokeId": name}

    def DescribeInvocationResults(self, parameters):
        result = self.results[parameters["InvokeId"]]
        result[0] -= 1
        if result[0] > 0:
            shown = {"InvocationStatus": "Running"}
        else:
            shown = {"InvocationStatus": "Success" if result[1] == 0 else "Failed", "ExitCode": result[1], "Output": result[2]}
        return {"Invocation": {"InvocationResults": {"InvocationResult": [{"InstanceId": "i-test", **shown}]}}}
