"""Client keys as the secrets client of the second generation for Go (2.0.1) uses them: OpenAPI with a bearer token that is a
signature over parameters and header fields; on the shared endpoint and on an instance's. That client is in no package
registry, so this says the same bytes.
"""

import base64
import http.client
import json
import os
import ssl
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs12

from strongroom_e2e.applications import Applications, validity
from strongroom_e2e.audit_log import entry_of
from strongroom_e2e.report import Suite, equal


def encoded(text):
    return urllib.parse.quote(text, safe="~")


class BearerWire:
    def __init__(self, endpoint, ca_file, client_key, source=None):
        content = json.loads(client_key.content)
        self.key_id = content["KeyId"]
        self.private = pkcs12.load_key_and_certificates(base64.b64decode(content["PrivateKeyData"]),
                                                        client_key.password.encode())[0]
        self.host, port = endpoint.rsplit(":", 1)
        self.port, self.source = int(port), source
        self.tls = ssl.create_default_context(cafile=ca_file)

    def request(self, action, parameters, age=0):
        """Headers and query, signed."""
        head = {"Date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age)), "x-kms-acccesskeyid": self.key_id,
                "x-kms-apiname": action, "x-kms-apiversion": "2016-01-02", "x-kms-signaturemethod": "RSA_PKCS1_SHA_256"}
        text = "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted({**parameters, **head}.items()))
        token = base64.b64encode(self.private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        head.update({"x-acs-action": action, "x-acs-version": "2016-01-20", "x-acs-bearer-token": token,
                     "x-acs-signature-nonce": os.urandom(16).hex(), "accept": "application/json"})
        return head, urllib.parse.urlencode({**parameters, "SignatureType": "BEARERTOKEN"})

    def send(self, head, query):
        """Status and decoded body."""
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=20, context=self.tls, source_address=self.source)
        try:
            connection.request("POST", "/?" + query, b"", head)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def call(self, action, **parameters):
        return self.send(*self.request(action, parameters))


class Bearer:
    def __init__(self):
        self.suite = Suite("client key bearer")
        self.apps = apps = Applications()
        self.inside = f"e2e/bearer/{apps.tail}"
        apps.call("CreateSecret", SecretName=self.inside + "/shared", VersionId="v1", SecretData="at the shared endpoint")
        apps.secret(self.inside, "in the instance")
        self.shared_key = apps.client_key("bs", ["secret/*"], ["SecretUser"], scope="shared")
        self.key = apps.client_key("bi")

    def shared(self, key, **options):
        return BearerWire(os.environ["STRONGROOM_ENDPOINT"], os.environ["STRONGROOM_CA_FILE"], key, **options)

    def instance(self, key, **options):
        return BearerWire(self.apps.endpoint, self.apps.ca, key, **options)

    def read(self, wire, name):
        status, body = wire.call("GetSecretValue", SecretName=name, VersionStage="ACSCurrent", FetchExtendedConfig="true")
        return body["SecretData"] if status == 200 else (status, body["Code"])

    def values(self):
        with self.suite.case("GetSecretValue", "bearer token of a client key, shared endpoint"):
            equal(self.read(self.shared(self.shared_key), self.inside + "/shared"), "at the shared endpoint")
        with self.suite.case("GetSecretValue", "bearer token of a client key, instance"):
            equal(self.read(self.instance(self.key), self.inside), "in the instance")
        with self.suite.case("Encrypt", "bearer token of a client key, instance"):
            wire, key = self.instance(self.key), self.apps.key()
            status, made = wire.call("Encrypt", KeyId=key, Plaintext="cGxhaW4=")
            equal(status, 200)
            equal(wire.call("Decrypt", CiphertextBlob=made["CiphertextBlob"])[1]["Plaintext"], "cGxhaW4=")

    def refusals(self):
        apps, at, no = self.apps, self.instance, (403, "Forbidden.NoPermission")
        gone = apps.client_key("gone")
        equal(self.read(at(gone), self.inside), "in the instance")
        apps.call("DeleteClientKey", ClientKeyId=gone.id)
        apps.call("CreateNetworkRule", Name=f"bfar-{apps.tail}", Type="Private", SourcePrivateIp='["192.0.2.1"]')
        cases = (("deleted", gone, (404, "InvalidAccessKeyId.NotFound")),
                 ("not yet valid", apps.client_key("bnew", **validity(86_400, 30 * 86_400)), (403, "Forbidden.AccessKey")),
                 ("wrong address", apps.client_key("bfar", rules=[f"bfar-{apps.tail}"]), no),
                 ("wrong role", apps.client_key("brole", permissions=["CryptoServiceKeyUser"]), no),
                 ("wrong resource", apps.client_key("bother", ["secret/other", "key/*"]), no),
                 ("of the shared endpoint", self.shared_key, no))
        for name, key, expected in cases:
            with self.suite.case("GetSecretValue", "bearer token refused: " + name):
                equal(self.read(at(key), self.inside), expected)
        with self.suite.case("GetSecretValue", "bearer token refused, and recorded with its client key"):
            head, query = at(self.key).request("GetSecretValue", {"SecretName": self.inside})
            status, body = at(self.key).send(head, query.replace("SecretName=", "VersionStage=ACSCurrent&SecretName="))
            equal((status, body["Code"]), (400, "SignatureDoesNotMatch"))
            entry = entry_of(os.environ["STRONGROOM_DATA"], body["RequestId"])
            equal((entry["access_key_id"], entry["principal_name"]), (self.key.id, "aap-bi-" + apps.tail))
        with self.suite.case("GetSecretValue", "bearer token refused: too old"):
            status, body = at(self.key).send(*at(self.key).request("GetSecretValue", {"SecretName": self.inside}, age=16 * 60))
            equal((status, body["Code"]), (400, "InvalidTimeStamp.Expired"))
        with self.suite.case("CreateSecret", "bearer token refused: it changes nothing"):
            status, body = self.shared(self.shared_key).call("CreateSecret", SecretName="x", VersionId="v1", SecretData="y")
            equal((status, body["Code"]), (400, "InvalidSignatureMethod"))

    def repeats(self):
        here, there = (self.instance(self.key, source=(address, 0)) for address in ("127.0.0.1", "127.0.0.2"))
        with self.suite.case("GetSecretValue", "the same bearer token in the same moment, from two instances of the application"):
            request = here.request("GetSecretValue", {"SecretName": self.inside})
            equal([here.send(*request)[0], there.send(*request)[0]], [200, 200])
        with self.suite.case("GetSecretValue", "the same bearer token again, from the same address alone"):
            request = here.request("GetSecretValue", {"SecretName": self.inside}, age=60)
            equal([here.send(*request)[0], here.send(*request)[0]], [200, 200])
            status, body = there.send(*request)
            equal((status, body["Code"]), (400, "SignatureNonceUsed"))


if __name__ == "__main__":
    life = Bearer()
    life.values()
    life.refusals()
    life.repeats()
    life.suite.finish()
