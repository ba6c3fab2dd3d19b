"""The Instance API through the unmodified client alibabacloud-dkms-gcs, with a client key of an access point: secrets and
keys of the development server's KMS instance, and refusals with their codes.
"""

import hashlib
import json
import os
import time

from openapi.models import Config
from sdk import models
from sdk.client import Client
from Tea.exceptions import TeaException

from strongroom_e2e.applications import BOTH_ROLES, Applications, ClientKey, validity
from strongroom_e2e.audit_log import entry_of
from strongroom_e2e.report import Suite, equal


def tea(error):
    """The error as the client tells it; the last attempt's, if it gave up trying."""
    while not isinstance(error, TeaException) and getattr(error, "inner_exception", None) is not None:
        error = error.inner_exception
    return error


class Life(Applications):
    def __init__(self):
        super().__init__()
        self.suite = Suite("python dkms-gcs")

    def client(self, name, resources, permissions=BOTH_ROLES, rules=(), scope=None):
        """A client with a new access point and client key of its own."""
        made = self.client_key(name, resources, permissions, rules, scope)
        self.client_key_id = made.id
        return self.client_of(made)

    def client_of(self, key):
        return Client(Config(protocol="https", endpoint=self.endpoint, client_key_content=key.content, password=key.password,
                             ca_file_path=self.ca))

    def refused(self, code, work):
        try:
            work()
        except Exception as error:
            equal(tea(error).code, code)
        else:
            raise AssertionError("succeeded")

    def secrets(self):
        key = self.key()
        name = f"e2e/gcs/{self.tail}"
        self.secret(name, "over protobuf", key)
        self.call("CreateSecret", SecretName=name + "/shared", VersionId="v1", SecretData="elsewhere")
        app = self.client("all", ["key/*", "secret/*"])

        def read(client, name):
            return client.get_secret_value(models.GetSecretValueRequest(secret_name=name))

        with self.suite.case("GetSecretValue", "its value, version and stage"):
            found = read(app, name)
            equal((found.secret_name, found.secret_data, found.version_id, found.version_stages, found.secret_data_type),
                  (name, "over protobuf", "v1", ["ACSCurrent"], "text"))
            assert found.request_id
        with self.suite.case("GetSecretValue", "a secret that is not the instance's"):
            self.refused("Forbidden.ResourceNotFound", lambda: read(app, name + "/shared"))
        with self.suite.case("GetSecretValue", "a secret that is not there"):
            self.refused("Forbidden.ResourceNotFound", lambda: read(app, "e2e/gcs/nowhere"))
        with self.suite.case("GetSecretValue", "another resource"):
            self.refused("Forbidden.NoPermission", lambda: read(self.client("other", ["secret/other", "key/*"]), name))
        with self.suite.case("GetSecretValue", "without the right on its key"):
            self.refused("Forbidden.NoPermission",
                         lambda: read(self.client("nokey", ["secret/*", "key/*"], ["CryptoServiceSecretUser"]), name))
        with self.suite.case("GetSecretValue", "another address"):
            self.call("CreateNetworkRule", Name=f"far-{self.tail}", Type="Private", SourcePrivateIp='["192.0.2.1"]')
            far = self.client("far", ["secret/*", "key/*"], rules=[f"far-{self.tail}"])
            self.refused("Forbidden.NoPermission", lambda: read(far, name))
        with self.suite.case("GetSecretValue", "a policy for the shared gateway"):
            shared = self.client("shared", ["secret/*"], ["SecretUser"], scope="shared")
            self.refused("Forbidden.NoPermission", lambda: read(shared, name))
        with self.suite.case("GetSecretValue", "a deleted client key"):
            gone = self.client("gone", ["secret/*", "key/*"])
            equal(read(gone, name).secret_data, "over protobuf")
            self.call("DeleteClientKey", ClientKeyId=self.client_key_id)
            self.refused("Unauthorized", lambda: read(gone, name))
        return app

    def symmetric(self, app):
        key = self.key()
        for spec, suite in ((None, "AES_GCM"), ("AES_CBC", "AES_CBC"), ("AES_ECB", "AES_ECB")):
            aad = b"context" if suite == "AES_GCM" else None
            with self.suite.case("Encrypt", suite):
                made = app.encrypt(models.EncryptRequest(key_id=key, plaintext=b"plain", algorithm=spec, aad=aad))
                equal((made.key_id, made.algorithm), (key, suite))
                assert b"plain" not in made.ciphertext_blob
            with self.suite.case("Decrypt", suite):
                opened = app.decrypt(models.DecryptRequest(key_id=key, ciphertext_blob=made.ciphertext_blob, iv=made.iv,
                                                           algorithm=suite, aad=aad))
                equal(opened.plaintext, b"plain")
        with self.suite.case("AdvanceEncrypt", "a blob that names its version"):
            made = app.advance_encrypt(models.AdvanceEncryptRequest(key_id=key, plaintext=b"advanced"))
            equal(bytes(made.ciphertext_blob[:3]), b"\x24\x00\x02")
            equal(bytes(made.ciphertext_blob[3:39]).decode(), made.key_version_id)
        with self.suite.case("AdvanceDecrypt", "without KeyId"):
            opened = app.advance_decrypt(models.AdvanceDecryptRequest(ciphertext_blob=made.ciphertext_blob))
            equal((opened.plaintext, opened.key_id, opened.key_version_id), (b"advanced", key, made.key_version_id))
        with self.suite.case("AdvanceDecrypt", "a damaged blob"):
            damaged = made.ciphertext_blob[:-1] + bytes([made.ciphertext_blob[-1] ^ 1])
            self.refused("InternalFailure",
                         lambda: app.advance_decrypt(models.AdvanceDecryptRequest(ciphertext_blob=damaged)))
        with self.suite.case("GenerateDataKey", "opens again"):
            made = app.generate_data_key(models.GenerateDataKeyRequest(key_id=key, number_of_bytes=32))
            equal(len(made.plaintext), 32)
            opened = app.decrypt(models.DecryptRequest(key_id=key, ciphertext_blob=made.ciphertext_blob, iv=made.iv))
            equal(opened.plaintext, made.plaintext)
        with self.suite.case("AdvanceGenerateDataKey", "opens again"):
            made = app.advance_generate_data_key(models.AdvanceGenerateDataKeyRequest(key_id=key, number_of_bytes=24))
            opened = app.advance_decrypt(models.AdvanceDecryptRequest(ciphertext_blob=made.ciphertext_blob))
            equal((len(made.plaintext), opened.plaintext), (24, made.plaintext))
        with self.suite.case("GenerateRandom", "as many bytes as asked for"):
            equal(len(app.generate_random(models.GenerateRandomRequest(length=64)).random), 64)
        with self.suite.case("GenerateRandom", "not more than 64"):
            self.refused("InvalidParameter", lambda: app.generate_random(models.GenerateRandomRequest(length=65)))
        with self.suite.case("GenerateRandom", "a refusal names the instance"):
            other = self.client("norandom", ["secret/*"], ["CryptoServiceSecretUser"])
            try:
                other.generate_random(models.GenerateRandomRequest(length=8))
            except Exception as error:
                assert f":keystore/{self.instance} is forbidden" in str(tea(error)), error
            else:
                raise AssertionError("succeeded")
        with self.suite.case("Encrypt", "a key named by its ARN, and by an alias's"):
            arn = self.call("DescribeKey", KeyId=key)["KeyMetadata"]["Arn"]
            alias = f"alias/gcs-{self.tail}"
            self.call("CreateAlias", KeyId=key, AliasName=alias)
            for name in (arn, arn.replace(f"key/{key}", alias)):
                made = app.encrypt(models.EncryptRequest(key_id=name, plaintext=b"by arn"))
                equal(made.key_id, key)
                opened = app.decrypt(models.DecryptRequest(key_id=name, ciphertext_blob=made.ciphertext_blob, iv=made.iv))
                equal(opened.plaintext, b"by arn")
            self.refused("Forbidden.KeyNotFound", lambda: app.encrypt(
                models.EncryptRequest(key_id=arn.replace("cn-hangzhou", "cn-nowhere"), plaintext=b"x")))
        with self.suite.case("Encrypt", "a key outside the instance"):
            shared = self.call("CreateKey")["KeyMetadata"]["KeyId"]
            self.refused("Forbidden.KeyNotFound",
                         lambda: app.encrypt(models.EncryptRequest(key_id=shared, plaintext=b"x")))
        with self.suite.case("GenerateDataKeyPair", "EC_P256"):
            pair = app.generate_data_key_pair(models.GenerateDataKeyPairRequest(
                key_id=key, key_pair_spec="EC_P256", key_format="PEM", algorithm="AES_GCM"))
            assert pair.private_key_plaintext.startswith(b"-----BEGIN PRIVATE KEY-----")

    def asymmetric(self, app):
        for spec, algorithm in (("RSA_2048", "RSA_PSS_SHA_256"), ("EC_P256", "ECDSA_SHA_256")):
            key = self.key(KeySpec=spec, KeyUsage="SIGN/VERIFY")
            with self.suite.case("Sign", spec):
                made = app.sign(models.SignRequest(key_id=key, message=b"message", algorithm=algorithm, message_type="RAW"))
                equal((made.key_id, made.message_type), (key, "RAW"))
            with self.suite.case("Verify", spec):
                digest = hashlib.sha256(b"message").digest()
                told = app.verify(models.VerifyRequest(key_id=key, message=digest, signature=made.signature,
                                                       algorithm=algorithm, message_type="DIGEST"))
                equal(told.value, True)
                wrong = app.verify(models.VerifyRequest(key_id=key, message=b"other", signature=made.signature,
                                                        algorithm=algorithm, message_type="RAW"))
                equal(bool(wrong.value), False)
            with self.suite.case("GetPublicKey", spec):
                found = app.get_public_key(models.GetPublicKeyRequest(key_id=key))
                assert found.public_key.startswith("-----BEGIN PUBLIC KEY-----")
        key = self.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT/DECRYPT")
        with self.suite.case("Encrypt", "RSA_2048"):
            made = app.encrypt(models.EncryptRequest(key_id=key, plaintext=b"plain", algorithm="RSAES_OAEP_SHA_256"))
        with self.suite.case("Decrypt", "RSA_2048"):
            opened = app.decrypt(models.DecryptRequest(key_id=key, ciphertext_blob=made.ciphertext_blob,
                                                       algorithm="RSAES_OAEP_SHA_256"))
            equal(opened.plaintext, b"plain")


class Refusals:
    """Each way in which a client key can be wrong: told to the client with its code, and recorded with access point, client
    key, fingerprint and address."""

    def __init__(self, life):
        self.life, self.suite = life, life.suite
        self.name = f"e2e/gcs/refusals/{life.tail}"
        life.secret(self.name, "not for them")

    def case(self, name, key, code, status):
        with self.suite.case("GetSecretValue", "refused and recorded: " + name):
            try:
                self.life.client_of(key).get_secret_value(models.GetSecretValueRequest(secret_name=self.name))
            except Exception as error:
                told = tea(error)
            else:
                raise AssertionError("succeeded")
            equal((told.code, told.data["httpCode"]), (code, status))
            entry = entry_of(os.environ["STRONGROOM_DATA"], told.data["requestId"])
            equal((entry["error_code"], entry["status"], entry["access_key_id"], entry["source_ip"], entry["instance"],
                   entry["action"]), (code, status, key.id, "127.0.0.1", self.life.instance, "GetSecretValue"))
            equal((entry.get("principal_name", "").startswith("aap-"), len(entry.get("key_fingerprint", ""))),
                  (True, 64))

    def forged(self, key, other):
        """The key's id with another key's private half."""
        content = json.loads(other.content)
        return ClientKey({"ClientKeyId": key.id, "PrivateKeyData": content["PrivateKeyData"]})

    def run(self):
        life, no = self.life, "Forbidden.NoPermission"
        short = life.client_key("short", **validity(-3600 + 4, 4))
        over = time.monotonic() + 5
        key, other = life.client_key("one"), life.client_key("two")
        self.case("wrong signature", self.forged(key, other), "SignatureNotMatch", 401)
        self.case("not yet valid", life.client_key("early", **validity(3600, 7200 + 60)), "Forbidden.AccessKey", 403)
        gone = life.client_key("deleted")
        life.call("DeleteClientKey", ClientKeyId=gone.id)
        self.case("deleted", gone, "Unauthorized", 404)
        life.call("CreateNetworkRule", Name=f"away-{life.tail}", Type="Private", SourcePrivateIp='["192.0.2.1"]')
        self.case("wrong address", life.client_key("away", rules=[f"away-{life.tail}"]), no, 403)
        self.case("wrong role", life.client_key("role", permissions=["CryptoServiceKeyUser"]), no, 403)
        self.case("wrong resource", life.client_key("resource", ["secret/other", "key/*"]), no, 403)
        self.case("other instance", life.client_key("instance", scope=life.instance_of_ours("refusals")), no, 403)
        self.case("other account", self.stranger(), "Unauthorized", 404)
        time.sleep(max(0, over - time.monotonic()))
        self.case("expired", short, "Forbidden.AccessKey", 403)

    def stranger(self):
        made = self.life.wire.ok("CreateAccount", {"Alias": f"gcs-{self.life.tail}"}, version="2026-11-01", place="form")
        there = Applications()
        there.wire = self.life.wire.with_keys(made["AccessKey"]["AccessKeyId"], made["AccessKey"]["AccessKeySecret"])
        return there.client_key("stranger")


if __name__ == "__main__":
    life = Life()
    application = life.secrets()
    Refusals(life).run()
    life.symmetric(application)
    life.asymmetric(application)
    life.suite.finish()
