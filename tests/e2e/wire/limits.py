"""Every limit by sending what exceeds it: names, sizes, counts, heads, bodies, depth. Raw HTTP."""

import json
import os
import socket
import ssl
import threading
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.wire import Wire

warnings.simplefilter("ignore", DeprecationWarning)
suite = Suite("wire")
wire = Wire.from_env(os.environ)
name = f"e2e/limits/{uuid.uuid4().hex[:8]}"


def refused(answer, code, status=400):
    equal((answer.status, answer.code), (status, code), repr(answer))


def create(secret=None, **more):
    parameters = {"SecretName": secret or f"{name}/{uuid.uuid4().hex[:6]}", "VersionId": "v1", "SecretData": "x", **more}
    return wire.acs3("CreateSecret", parameters, place="form")


def names_and_values():
    with suite.case("CreateSecret", "name: 192 characters of the set"):
        long = (name + "/" + "a" * 192)[:192]
        equal(create(long).status, 200)
        refused(create(long + "b"), "InvalidParameter")
        equal(create(f"{name}/A_b/c+d=e.f-g@h").status, 200)
        for bad in ("a b", "a:b", "a%b", "中文", "acs/x", "a\nb", ""):
            answer = create(bad) if bad else wire.acs3("CreateSecret", {"SecretName": "", "VersionId": "v", "SecretData": "x"})
            assert answer.status == 400 and answer.code in ("InvalidParameter", "MissingParameter"), repr(answer)
    with suite.case("CreateSecret", "value: 30,720 bytes, counted in UTF-8"):
        equal(create(SecretData="x" * 30720).status, 200)
        refused(create(SecretData="x" * 30721), "InvalidParameter")
        refused(create(SecretData="中" * 10241), "InvalidParameter")
    with suite.case("CreateSecret", "value of the largest size in the query"):
        secret = f"{name}/query"
        value = "%" * 30720  # three bytes each on the wire
        answer = wire.acs3("CreateSecret", {"SecretName": secret, "VersionId": "v1", "SecretData": value})
        equal(answer.status, 200, repr(answer))
        equal(wire.ok("GetSecretValue", {"SecretName": secret})["SecretData"], value)
    with suite.case("CreateSecret", "version id: 64 characters"):
        equal(create(VersionId="v" * 64).status, 200)
        refused(create(VersionId="v" * 65), "InvalidParameter")
    with suite.case("CreateSecret", "types, tags"):
        refused(create(SecretDataType="json"), "InvalidParameter")
        tags = [{"TagKey": f"k{i}", "TagValue": "v"} for i in range(21)]
        equal(create(Tags=json.dumps(tags[:20])).status, 200)
        answer = create(Tags=json.dumps(tags))
        assert answer.status == 400 and answer.code in ("InvalidParameter", "Rejected.LimitExceeded"), repr(answer)
        for tags in ("{", "[]x", '[{"TagKey":"acs:x","TagValue":"v"}]', '[{"TagKey":"%s","TagValue":"v"}]' % ("k" * 129)):
            answer = create(Tags=tags)
            assert answer.status == 400 and answer.code.startswith("InvalidParameter"), f"{tags}: {answer!r}"


def versions_and_labels():
    secret = f"{name}/versions"
    equal(create(secret).status, 200)

    def put(version, stages=None):
        more = {"VersionStages": json.dumps(stages)} if stages is not None else {}
        return wire.acs3("PutSecretValue", {"SecretName": secret, "VersionId": version, "SecretData": version, **more},
                         place="form")
    with suite.case("PutSecretValue", "eight labels are the most"):
        for index in range(6):
            equal(put(f"l{index}", [f"L{index}"]).status, 200)
        equal(put("cur").status, 200)  # ACSCurrent and ACSPrevious: eight in all
        refused(put("one-more", ["L6"]), "Rejected.LimitExceeded")
        answer = wire.acs3("UpdateSecretVersionStage", {"SecretName": secret, "VersionStage": "L6", "MoveToVersion": "cur"})
        refused(answer, "Rejected.LimitExceeded")
    with suite.case("PutSecretValue", "ten versions: the oldest unlabelled one goes"):
        for index in range(6):
            equal(put(f"n{index}").status, 200)
        rows = wire.ok("ListSecretVersionIds", {"SecretName": secret, "IncludeDeprecated": "true"})["VersionIds"]["VersionId"]
        equal(len(rows), 10)
        ids = {row["VersionId"] for row in rows}
        assert {f"l{i}" for i in range(6)} | {"n5", "n4"} <= ids, ids
        assert "v1" not in ids and "n0" not in ids, ids
        holders = [row["VersionId"] for row in rows if "ACSCurrent" in row["VersionStages"]["VersionStage"]]
        equal(holders, ["n5"])
    with suite.case("PutSecretValue", "label names"):
        for bad in ("[]", '[""]', '["%s"]' % ("L" * 65), "ACSCurrent", '[1]'):
            answer = wire.acs3("PutSecretValue", {"SecretName": secret, "VersionId": "bad", "SecretData": "x",
                                                  "VersionStages": bad}, place="form")
            refused(answer, "InvalidParameter")


def counts():
    with suite.case("BatchGetSecretValue", "one to twenty distinct secrets"):
        rows = [{"SecretName": f"{name}/b{i}"} for i in range(21)]
        equal(wire.acs3("BatchGetSecretValue", {"SecretsList": json.dumps(rows[:20])}).status, 200)
        refused(wire.acs3("BatchGetSecretValue", {"SecretsList": json.dumps(rows)}), "InvalidParameter")
        refused(wire.acs3("BatchGetSecretValue", {"SecretsList": "[]"}), "InvalidParameter")
        refused(wire.acs3("BatchGetSecretValue", {"SecretsList": json.dumps(rows[:1] * 2)}), "InvalidParameter")
    with suite.case("ListSecrets", "pages of 1 to 101, ten filters"):
        for size in ("0", "102", "-1", "x", "99999999999999999999"):
            refused(wire.acs3("ListSecrets", {"PageSize": size}), "InvalidParameter")
        filters = [{"Key": "SecretName", "Values": ["x"]}] * 11
        refused(wire.acs3("ListSecrets", {"Filters": json.dumps(filters)}), "InvalidParameter")
        filters = [{"Key": "SecretName", "Values": ["x"] * 11}]
        refused(wire.acs3("ListSecrets", {"Filters": json.dumps(filters)}), "InvalidParameter")
    with suite.case("DeleteSecret", "window of 7 to 30 days"):
        secret = f"{name}/window"
        create(secret)
        for days in ("6", "31", "x"):
            refused(wire.acs3("DeleteSecret", {"SecretName": secret, "RecoveryWindowInDays": days}), "InvalidParameter")
        equal(wire.acs3("DeleteSecret", {"SecretName": secret, "RecoveryWindowInDays": "30"}).status, 200)
    with suite.case("GetRandomPassword", "8 to 128 characters, not everything excluded"):
        for length in ("7", "129", "x"):
            refused(wire.acs3("GetRandomPassword", {"PasswordLength": length}), "InvalidParameter")
        every = {f"Exclude{kind}": "true" for kind in ("Lowercase", "Uppercase", "Numbers", "Punctuation")}
        refused(wire.acs3("GetRandomPassword", every), "InvalidParameter")
    with suite.case("Encrypt", "6,144 bytes"):
        key = wire.ok("CreateKey")["KeyMetadata"]["KeyId"]
        equal(wire.acs3("Encrypt", {"KeyId": key, "Plaintext": "x" * 6144}, place="form").status, 200)
        refused(wire.acs3("Encrypt", {"KeyId": key, "Plaintext": "x" * 6145}, place="form"), "InvalidParameter")
        for size in ("1025", "-1", "x"):
            refused(wire.acs3("GenerateDataKey", {"KeyId": key, "NumberOfBytes": size}), "InvalidParameter")
        for days in ("6", "367"):
            refused(wire.acs3("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": days}), "InvalidParameter")
        wire.ok("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": "7"})


def raw(data, read_all=True):
    """Sends bytes over a fresh TLS connection and returns what came back before the end or two seconds of silence."""
    with socket.create_connection((wire.host.strip("[]"), wire.port), 10) as plain:
        with wire.tls.wrap_socket(plain, server_hostname=wire.host.strip("[]")) as tls:
            tls.settimeout(2)
            got = b""
            try:
                tls.sendall(data)
            except OSError:
                pass
            try:
                while read_all or not got:
                    piece = tls.recv(65536)
                    if not piece:
                        break
                    got += piece
            except (TimeoutError, ConnectionError, ssl.SSLError):
                pass
            return got


def http():
    head = f"Host: {wire.endpoint}\r\n"
    with suite.case("-", "a head of more than 256 KiB gets an error in JSON"):
        answer = raw(f"GET /?a={'x' * (257 << 10)} HTTP/1.1\r\n{head}\r\n".encode())
        assert answer.startswith((b"HTTP/1.1 414", b"HTTP/1.1 431", b"HTTP/1.1 400")), answer[:200]
        assert b'"Code"' in answer, answer[:400]
    with suite.case("-", "a body of more than 256 KiB gets 413 in JSON"):
        answer = wire.acs3("CreateSecret", {"SecretData": "x" * (300 << 10)}, place="form")
        equal(answer.status, 413, repr(answer))
        assert answer.code, repr(answer)
        wire.close()
    with suite.case("-", "framing that two readers could read differently is refused"):
        body = "Action=x"
        for bad in (f"Content-Length: {len(body)}\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 8\r\nContent-Length: 9\r\n",
                    "Transfer-Encoding: chunked, identity\r\n", "Content-Length: +8\r\n", "Content-Length : 8\r\n",
                    "X: a\r\n b\r\nContent-Length: 8\r\n"):
            answer = raw(f"POST / HTTP/1.1\r\n{head}{bad}\r\n{body}".encode())
            assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")), f"{bad!r}: {answer[:200]}"
    with suite.case("-", "no Host, two Hosts, old HTTP"):
        for text in ("GET / HTTP/1.1\r\n\r\n", f"GET / HTTP/1.1\r\n{head}{head}\r\n", f"GET / HTTP/2.0\r\n{head}\r\n"):
            answer = raw(text.encode())
            assert answer == b"" or answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 5"), answer[:200]
    with suite.case("-", "not TLS at all"):
        with socket.create_connection((wire.host.strip("[]"), wire.port), 10) as plain:
            plain.settimeout(10)
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                assert not plain.recv(10).startswith(b"HTTP/1.1 2")
            except ConnectionError:
                pass
    with suite.case("-", "TLS 1.1 is refused, 1.2 and 1.3 work"):
        for version, good in ((ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = ssl.create_default_context(cafile=os.environ["STRONGROOM_CA_FILE"])
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = context.maximum_version = version
            try:
                with socket.create_connection((wire.host, wire.port), 10) as plain, \
                        context.wrap_socket(plain, server_hostname="localhost") as tls:
                    assert good, f"{tls.version()} was accepted"
                    equal(tls.version(), version.name.replace("_", "."))
            except (ssl.SSLError, ConnectionError):
                assert not good, version
    with suite.case("-", "too many parameters, too deep JSON, too long nonce"):
        many = {f"P{i}": "x" for i in range(300)}
        answer = wire.acs3("DescribeRegions", many)
        assert answer.status == 400, repr(answer)
        deep = "[" * 40 + "]" * 40
        refused(wire.acs3("ListSecrets", {"Filters": deep}), "InvalidParameter")
        answer = wire.acs3("DescribeRegions", extra={"x-acs-signature-nonce": "n" * 129})
        assert answer.status == 400, repr(answer)
    with suite.case("-", "pipelined requests are answered in order"):
        one = f"GET /?Action=DescribeRegions&n=%d HTTP/1.1\r\n{head}\r\n"
        answer = raw("".join(one % i for i in range(8)).encode())
        equal(answer.count(b"HTTP/1.1 4"), 8)


def one_secret_many_writers():
    """Each conflict costs an attempt, and attempts are bounded: writers that keep meeting take turns."""
    secret = f"{name}/contended"
    equal(create(secret).status, 200)
    start = threading.Barrier(40)

    def put(number):
        own = Wire.from_env(os.environ)
        own.ok("DescribeRegions", {})  # the connection stands
        start.wait()
        return own.acs3("PutSecretValue", {"SecretName": secret, "VersionId": f"w{number}", "SecretData": "x"}, place="form")
    with suite.case("PutSecretValue", "40 writers of one secret at once all succeed"):
        with ThreadPoolExecutor(40) as pool:
            answers = list(pool.map(put, range(40)))
        refusals = [repr(answer) for answer in answers if answer.status != 200]
        equal(refusals, [])


def long_answers():
    """On a server of its own: it ended here once."""
    with Server() as server:
        own = Wire.from_env(server.env)
        trust = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
            "RAM": [f"acs:ram::{server.env['STRONGROOM_ACCOUNT_ID']}:root"]}}]})
        for number in range(720):
            own.ok("CreateRole", {"RoleName": f"role{number}", "AssumeRolePolicyDocument": trust, "Description": "\x01" * 1024},
                   version="2015-05-01", place="form")
        with suite.case("-", "an answer of more than 4 MiB is refused, a smaller page is not"):
            answer = own.acs3("ListRoles", {"MaxItems": "1000"}, version="2015-05-01")
            refused(answer, "InvalidParameter")
            assert "smaller page" in answer.text, repr(answer)
            equal(len(own.ok("ListRoles", {"MaxItems": "500"}, version="2015-05-01")["Roles"]["Role"]), 500)
            equal(server.process.poll(), None)


for part in (names_and_values, versions_and_labels, counts, http, one_secret_many_writers, long_answers):
    part()
suite.finish()
