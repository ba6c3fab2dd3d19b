"""What the endpoint of a KMS instance refuses, with which code, and what the audit log says of it; the header
x-kms-migrationkeyversionid; and OpenAPI with RAM credentials on the same port.
"""

import json
import os
import time

from instance_wire import InstanceWire, message
from strongroom_e2e.applications import Applications, validity
from strongroom_e2e.audit_log import entry_of
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.waiting import until
from strongroom_e2e.wire import FORM, RAM, STS, Wire

VERSION = "x-kms-migrationkeyversionid"


class Refusals:
    def __init__(self):
        self.suite = Suite("instance wire")
        self.apps = Applications()
        self.data = os.environ["STRONGROOM_DATA"]
        self.name = f"e2e/refusals/{self.apps.tail}"
        self.key = self.apps.key()
        self.apps.secret(self.name, "a value", self.key)
        self.good = self.apps.client_key("good")

    def wire(self, key, **options):
        return InstanceWire(self.apps.endpoint, self.apps.ca, key, **options)

    def read(self, wire, **options):
        return wire.call("GetSecretValue", {1: self.name}, **options)

    def case(self, name, key, status, code, principal, call=None, client=None):
        """Refused with its code, and recorded with access point, client key, fingerprint and address."""
        with self.suite.case("GetSecretValue", name):
            answer = (call or self.read)(client or self.wire(key))
            equal((answer.status, answer.code, answer.fields[1]), (status, code, status))
            entry = entry_of(self.data, answer.request_id())
            equal((entry["error_code"], entry["status"], entry["access_key_id"]), (code, status, key.id))
            equal((entry["principal_type"], entry["source_ip"], entry["instance"]), (principal, "127.0.0.1", self.apps.instance))
            equal(len(entry["key_fingerprint"]), 64)
            assert entry["principal_name"].startswith("aap-"), entry
            assert "a value" not in json.dumps(entry)

    def identities(self):
        apps = self.apps
        self.case("wrong signature", self.good, 401, "SignatureNotMatch", "anonymous", client=self.wire(self.good).with_new_key())
        ending = apps.client_key("ending", **validity(-3600 + 3, 3))
        starting = apps.client_key("starting", **validity(3, 3 + 3600))
        equal(self.read(self.wire(ending)).status, 200)
        self.case("a moment before it is valid", starting, 403, "Forbidden.AccessKey", "client-key")
        future = apps.client_key("future", **validity(86_400, 30 * 86_400))
        self.case("not yet valid", future, 403, "Forbidden.AccessKey", "client-key")
        self.case("not yet valid, and the signature is wrong", future, 401, "SignatureNotMatch", "anonymous",
                  client=self.wire(future).with_new_key())
        time.sleep(4)
        self.case("expired while the server ran", ending, 403, "Forbidden.AccessKey", "client-key")
        self.case("expired, and the signature is wrong", ending, 401, "SignatureNotMatch", "anonymous",
                  client=self.wire(ending).with_new_key())
        with self.suite.case("GetSecretValue", "a client key whose time has come"):
            equal(self.read(self.wire(starting)).status, 200)
        gone = apps.client_key("gone")
        equal(self.read(self.wire(gone)).status, 200)
        apps.call("DeleteClientKey", ClientKeyId=gone.id)
        self.case("deleted", gone, 404, "Unauthorized", "anonymous")
        self.case("of another account", self.stranger(), 404, "Unauthorized", "anonymous")

    def stranger(self):
        """A client key of another account, whose policy names this instance."""
        made = self.apps.wire.ok("CreateAccount", {"Alias": f"other-{self.apps.tail}"}, version="2026-11-01", place="form")
        other = Applications()
        other.wire = self.apps.wire.with_keys(made["AccessKey"]["AccessKeyId"], made["AccessKey"]["AccessKeySecret"])
        return other.client_key("stranger")

    def grants(self):
        apps, no = self.apps, "Forbidden.NoPermission"
        apps.call("CreateNetworkRule", Name=f"far-{apps.tail}", Type="Private", SourcePrivateIp='["192.0.2.1"]')
        self.case("wrong address", apps.client_key("far", rules=[f"far-{apps.tail}"]), 403, no, "client-key")
        self.case("wrong role", apps.client_key("keyuser", permissions=["CryptoServiceKeyUser"]), 403, no, "client-key")
        self.case("wrong resource", apps.client_key("other", ["secret/other", "key/*"]), 403, no, "client-key")
        second = apps.instance_of_ours("second")
        self.case("for another instance", apps.client_key("elsewhere", scope=second), 403, no, "client-key")
        apps.secret(self.name + "/second", "far away", instance=second)
        self.case("a secret of another instance", self.good, 404, "Forbidden.ResourceNotFound", "client-key",
                  call=lambda wire: wire.call("GetSecretValue", {1: self.name + "/second"}))
        key = apps.key(second)
        self.case("a key of another instance", self.good, 404, "Forbidden.KeyNotFound", "client-key",
                  call=lambda wire: wire.call("Encrypt", {1: key, 2: "x"}))

    def headers(self):
        wire = self.wire(self.good)
        stale = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() - 16 * 60))
        cases = (
            ("no date", {"drop": ["date"]}, 400, "InvalidParam", "The Param Date is invalid."),
            ("an old date", {"extra": {"date": stale}}, 400, "RequestTimeTooSkewed", None),
            ("no authorization", {"after": {"authorization": None}}, 400, "InvalidParam", "The Param Authorization is invalid."),
            ("no content-sha256", {"drop": ["content-sha256"]}, 400, "InvalidParam", "The Param Content-SHA256 is invalid."),
            ("no signature method", {"drop": ["x-kms-signaturemethod"]}, 400, "InvalidParam",
             "The Param x-kms-signaturemethod is invalid."),
            ("no client key", {"drop": ["x-kms-acccesskeyid"]}, 400, "MissingParameter",
             "Parameter x-kms-acccesskeyid does not exist in http header or body."),
            ("no api version", {"drop": ["x-kms-apiversion"]}, 400, "InvalidApiVersion", None),
            ("another content type", {"extra": {"content-type": "application/json"}}, 415, "InvalidContentType", None),
            ("a query string", {"path": "/?a=b"}, 400, "InvalidParam", None),
            ("marks of both protocols", {"after": {"x-acs-action": "GetSecretValue"}}, 400, "InvalidParam", None),
            ("an action in a form, too", {"extra": {"content-type": FORM}, "body": b"Version=2016-01-20&Action=GetSecretValue"}, 400,
             "InvalidParam", "The Param Action is invalid."),
            ("a signed header changed", {"extra": {VERSION: "a" * 36}, "after": {VERSION: "b" * 36}}, 401, "SignatureNotMatch", None),
            ("a header added", {"after": {"x-kms-more": "1"}}, 401, "SignatureNotMatch", None))
        for name, options, status, code, text in cases:
            with self.suite.case("GetSecretValue", "refused: " + name):
                answer = wire.call("GetSecretValue", options.pop("body", {1: self.name}), **options)
                equal((answer.status, answer.code), (status, code))
                equal(answer.text if text else None, text)
                equal(answer.headers["content-type"], "application/x-protobuf")
        with self.suite.case("GetSecretValue", "the scheme TOKEN, and any case"):
            equal([self.read(wire, scheme=scheme).status for scheme in ("TOKEN", "bearer")], [200, 200])
        with self.suite.case("-", "an action that nobody offers"):
            equal([(wire.call(name).status, wire.call(name).code) for name in ("Hmac", "Nonsense")],
                  [(400, "UnsupportedOperation"), (400, "InvalidApiName")])
        with self.suite.case("Encrypt", "a body of 3 MiB is read, a longer one is not"):
            equal(wire.call("Encrypt", b"\x12" * (3 << 20)).code, "InvalidParameter")
            headers = wire.head("Encrypt", b"")
            headers["content-length"] = str((3 << 20) + 1)
            answer = wire.send(headers, b"")
            equal((answer.status, answer.code), (413, "InvalidParameter"))

    def migration(self):
        wire = self.wire(self.good)
        with self.suite.case("Decrypt", "by version id alone, given in a header"):
            made = wire.call("Encrypt", {1: self.key, 2: "plain"})
            version = made.headers[VERSION]
            equal(len(version), 36)
            opened = wire.call("Decrypt", {1: made.fields[2], 5: made.fields[3]}, extra={VERSION: version})
            equal((opened.fields[2], opened.fields[1].decode(), opened.headers[VERSION]), (b"plain", self.key, version))
        with self.suite.case("Decrypt", "a version that is not there"):
            opened = wire.call("Decrypt", {1: made.fields[2], 5: made.fields[3]}, extra={VERSION: "f" * 36})
            equal((opened.status, opened.code), (404, "Forbidden.KeyNotFound"))
        with self.suite.case("GetSecretValue", "the record names the instance and the access point"):
            answer = self.read(wire)
            entry = entry_of(self.data, answer.request_id(8))
            equal((entry["decision"], entry["principal_type"], entry["principal_name"], entry["instance"], entry["status"]),
                  ("allow", "client-key", "aap-good-" + self.apps.tail, self.apps.instance, 200))

    def repeats(self):
        """A request that was seen on its way is worth nothing elsewhere, and somebody is told."""
        here, there = (self.wire(self.good, source=(address, 0)) for address in ("127.0.0.1", "127.0.0.2"))
        headers = here.head("GetSecretValue", message({1: self.name}))
        headers["authorization"] = "Bearer " + here.sign(headers)
        with self.suite.case("GetSecretValue", "the same bytes again, from the same address"):
            equal([here.send(headers, message({1: self.name})).status for _ in "12"], [200, 200])
        with self.suite.case("GetSecretValue", "the same bytes in the same moment, from another instance of the application"):
            equal(there.send(headers, message({1: self.name})).status, 200)
        with self.suite.case("GetSecretValue", "the same bytes later, from another address"):
            time.sleep(11)
            answer = there.send(headers, message({1: self.name}))
            equal((answer.status, answer.code), (401, "SignatureNotMatch"))
            entry = entry_of(self.data, answer.request_id())
            equal((entry["source_ip"], entry["principal_name"]), ("127.0.0.2", "aap-good-" + self.apps.tail))
        with self.suite.case("DescribeSystemEventAttribute", "which is an event"):
            def told():
                found = self.apps.wire.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": "ClientKey:Replay:Detected"},
                                          version="2019-01-01", place="form")
                return found["SystemEvents"]["SystemEvent"]
            detail = json.loads(until(told, "the event of the repeat", 20)[0]["Content"])
            equal((detail["clientKeyId"], detail["sourceIp"]), (self.good.id, "127.0.0.2"))

    def keys(self):
        """Which key an answer speaks of, and the codes of keys that do not fit."""
        apps, wire = self.apps, self.wire(self.good)
        rsa = apps.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT/DECRYPT")
        signing = apps.key(KeySpec="EC_P256", KeyUsage="SIGN/VERIFY")
        for action, fields in (("AdvanceEncrypt", {1: rsa, 2: "x"}), ("AdvanceEncrypt", {1: rsa, 2: "x", 3: "RSAES_OAEP_SHA_256"}),
                               ("AdvanceDecrypt", {1: b"x" * 256, 2: rsa}),
                               ("AdvanceGenerateDataKey", {1: rsa, 2: 32}), ("AdvanceGenerateDataKeyPair", {1: rsa, 2: "EC_P256"}),
                               ("AdvanceGenerateDataKeyPairWithoutPlaintext", {1: rsa, 2: "EC_P256"})):
            with self.suite.case(action, "of an asymmetric key"):
                answer = wire.call(action, fields)
                equal((answer.status, answer.code), (404, "Forbidden.OnlySymmetricKeySupported"))
        with self.suite.case("AdvanceDecrypt", "a head of ours over something else does not open"):
            blob = b"\x24\x00\x02" + b"00000000-0000-4000-8000-000000000000" + bytes(40)
            equal(wire.call("AdvanceDecrypt", {1: blob, 2: self.key, 5: bytes(12)}).code, "InternalFailure")
            equal(wire.call("AdvanceDecrypt", {1: blob}).code, "Forbidden.KeyNotFound")
        with self.suite.case("AdvanceDecrypt", "under a key that the caller names, or not at all"):
            blob = wire.call("AdvanceEncrypt", {1: self.key, 2: "sealed"}).fields[2]
            equal(wire.call("AdvanceDecrypt", {1: blob, 2: self.key}).fields[2], b"sealed")
            answer = wire.call("AdvanceDecrypt", {1: blob, 2: apps.key()})
            equal((answer.status, answer.code), (500, "InternalFailure"))
        with self.suite.case("Sign", "a digest has 32 bytes"):
            answer = wire.call("Sign", {1: signing, 4: b"d" * 31, 5: "DIGEST"})
            equal((answer.code, '"Message"' in answer.text), ("InvalidParameter", True))
        for action, nothing, something in (("Sign", {}, {4: "m"}), ("Verify", {3: b"x" * 70}, {3: b"x" * 70, 5: "m"})):
            with self.suite.case(action, "of nothing"):
                answer = wire.call(action, {1: signing, **nothing})
                equal((answer.status, answer.code, '"Message"' in answer.text), (400, "InvalidParameter", True))
                equal(wire.call(action, {1: signing, **something}).status, 200)
        for action, fields in (("GenerateDataKey", {3: 32}), ("GenerateDataKeyPair", {3: "EC_P256"})):
            with self.suite.case(action, "an Algorithm that is not the key's"):
                answer = wire.call(action, {1: self.key, 2: "SM4_GCM", **fields})
                equal((answer.status, answer.code), (400, "UnsupportedOperation"))
                equal(wire.call(action, {1: self.key, 2: "AES_GCM", **fields}).status, 200)
        with self.suite.case("Encrypt", "a body of fields that nobody knows"):
            body = message({1: self.key, 2: "x"})
            equal([wire.call("Encrypt", body + b"\xe8\x04\x01" * count).status for count in (32, 37)], [200, 400])
        with self.suite.case("Encrypt", "an alias of nothing, to one who may use every key"):
            answer = wire.call("Encrypt", {1: "alias/none-" + apps.tail, 2: "x"})
            equal((answer.status, answer.code, answer.text),
                  (404, "Forbidden.KeyNotFound", "The key Key ID or Alias does not exist in the system."))
        with self.suite.case("Encrypt", "an alias, to one who may not use its key, tells nothing"):
            name = "alias/there-" + apps.tail
            apps.call("CreateAlias", KeyId=self.key, AliasName=name)
            equal(wire.call("Encrypt", {1: name, 2: "x"}).status, 200)
            other = self.wire(apps.client_key("one-key", [f"key/{apps.key()}"]))
            answers = [other.call("Encrypt", {1: alias, 2: "x"}) for alias in (name, name[:-1])]
            equal([answer.code for answer in answers], ["Forbidden.NoPermission"] * 2)
            equal(answers[0].text, answers[1].text.replace(name[:-1], name))
            assert name in answers[0].text and self.key not in answers[0].text, answers[0].text

    def openapi(self):
        apps = self.apps
        shared = apps.wire
        wire = Wire(apps.endpoint, apps.ca, shared.access_key_id, shared.access_key_secret)
        with self.suite.case("GetSecretValue", "OpenAPI on the instance's port"):
            equal(wire.ok("GetSecretValue", {"SecretName": self.name})["SecretData"], "a value")
            equal(wire.rpc("GetSecretValue", {"SecretName": self.name}, place="form").status, 200)
            equal(wire.rpc("GetSecretValue", {"SecretName": self.name}).status, 200)
        with self.suite.case("Encrypt", "OpenAPI on the instance's port"):
            made = wire.ok("Encrypt", {"KeyId": self.key, "Plaintext": "plain"}, place="form")
            equal(wire.ok("Decrypt", {"CiphertextBlob": made["CiphertextBlob"]}, place="form")["Plaintext"], "plain")
        with self.suite.case("GetSecretValue", "OpenAPI: what lives elsewhere is not found"):
            apps.call("CreateSecret", SecretName=self.name + "/shared", VersionId="v1", SecretData="elsewhere")
            for name in ("/shared", "/second"):
                answer = wire.acs3("GetSecretValue", {"SecretName": self.name + name})
                equal((answer.status, answer.code), (404, "Forbidden.ResourceNotFound"))
            answer = wire.acs3("Encrypt", {"KeyId": apps.call("CreateKey")["KeyMetadata"]["KeyId"], "Plaintext": "x"}, place="form")
            equal((answer.status, answer.code), (404, "Forbidden.KeyNotFound"))
        with self.suite.case("-", "OpenAPI: no management on the instance's port"):
            for action, version in (("CreateSecret", "2016-01-20"), ("ReEncrypt", "2016-01-20"), ("ListSecrets", "2016-01-20"),
                                    ("ListUsers", "2015-05-01")):
                answer = wire.acs3(action, {}, version=version)
                equal((answer.status, answer.code), (400, "UnsupportedOperation"), action)


class RoleAccess:
    """Access points of RAM roles: ordinary OpenAPI by a session of the role, bounded by what the access point grants."""

    def __init__(self, life):
        self.suite, self.apps = life.suite, life.apps
        self.inside, self.shared, self.other = life.name, life.name + "/shared", life.name + "/other"
        self.apps.call("CreateSecret", SecretName=self.other, VersionId="v1", SecretData="another")
        self.apps.secret(life.name + "/more", "more of the instance")
        self.more = life.name + "/more"
        self.role = "role-" + self.apps.tail
        self.token = self.assume()

    def ram(self, action, **parameters):
        return self.apps.wire.ok(action, parameters, version=RAM, place="form")

    def assume(self):
        account, user = os.environ["STRONGROOM_ACCOUNT_ID"], "user-" + self.apps.tail
        trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                "Principal": {"RAM": [f"acs:ram::{account}:root"]}}]}
        arn = self.ram("CreateRole", RoleName=self.role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        self.ram("AttachPolicyToRole", RoleName=self.role, PolicyType="System", PolicyName="AliyunKMSFullAccess")
        self.ram("CreateUser", UserName=user)
        self.ram("CreatePolicy", PolicyName=user, PolicyDocument=json.dumps(
            {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}))
        self.ram("AttachPolicyToUser", UserName=user, PolicyType="Custom", PolicyName=user)
        key = self.ram("CreateAccessKey", UserName=user)["AccessKey"]
        caller = self.apps.wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])
        return caller.ok("AssumeRole", {"RoleArn": arn, "RoleSessionName": "e2e"}, version=STS)["Credentials"]

    def read(self, name, instance=False):
        endpoint, ca = (self.apps.endpoint, self.apps.ca) if instance else (
            os.environ["STRONGROOM_ENDPOINT"], os.environ["STRONGROOM_CA_FILE"])
        session = Wire(endpoint, ca, self.token["AccessKeyId"], self.token["AccessKeySecret"])
        answer = session.acs3("GetSecretValue", {"SecretName": name}, extra={"x-acs-security-token": self.token["SecurityToken"]})
        session.close()
        return answer.code or answer.status

    def all(self):
        return [self.read(self.shared), self.read(self.other), self.read(self.inside, True), self.read(self.more, True)]

    def run(self):
        apps, no = self.apps, "Forbidden.NoPermission"
        with self.suite.case("CreateApplicationAccessPoint", "a role's sessions are bounded by its access point, at once"):
            equal(self.all(), [200] * 4)
            for name, scope, roles, resources in (
                    ("rs", "shared", ["SecretUser"], ["secret/" + self.shared]),
                    ("ri", apps.instance, ["CryptoServiceKeyUser", "CryptoServiceSecretUser"], ["key/*", "secret/" + self.inside])):
                apps.call("CreatePolicy", Name=f"{name}-{apps.tail}", KmsInstance=scope, Resources=json.dumps(resources),
                          Permissions=json.dumps(["RbacPermission/Template/" + role for role in roles]))
            apps.call("CreateApplicationAccessPoint", Name="role-" + apps.tail, AuthenticationMethod="RAMRole",
                      RamRoleName=self.role, Policies=json.dumps([f"rs-{apps.tail}", f"ri-{apps.tail}"]))
            equal(self.all(), [200, no, 200, no])
        with self.suite.case("UpdatePolicy", "from another address nothing is left"):
            apps.call("CreateNetworkRule", Name=f"roles-{apps.tail}", Type="Public", SourcePrivateIp='["192.0.2.1"]')
            apps.call("UpdatePolicy", Name=f"rs-{apps.tail}", Resources=json.dumps(["secret/*"]),
                      Permissions=json.dumps(["RbacPermission/Template/SecretUser"]),
                      AccessControlRules=json.dumps({"NetworkRules": [f"roles-{apps.tail}"]}))
            equal(self.all(), [no, no, 200, no])
        with self.suite.case("DeleteApplicationAccessPoint", "then RAM alone decides"):
            apps.call("DeleteApplicationAccessPoint", Name="role-" + apps.tail)
            equal(self.all(), [200] * 4)


if __name__ == "__main__":
    life = Refusals()
    life.identities()
    life.grants()
    life.headers()
    life.migration()
    life.repeats()
    life.keys()
    life.openapi()
    RoleAccess(life).run()
    life.suite.finish()
