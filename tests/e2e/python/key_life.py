"""Every action on keys beyond the secrets' needs: specs, aliases, versions, imports, and what keys do, checked against
Python's `cryptography`. For the adapters of lifecycle.py; what a client does not know is left out."""

import base64
import hashlib
import os
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from strongroom_e2e.report import equal

OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
PREHASHED = utils.Prehashed(hashes.SHA256())


def b64(data):
    return base64.b64encode(data).decode()


class KeyLife:
    def __init__(self, life):
        self.life = life
        self.call, self.refused, self.case, self.has = life.call, life.refused, life.case, life.has

    def run(self):
        self.metadata()
        self.aliases()
        self.versions()
        self.imports()
        self.signatures()
        self.asymmetric_encryption()
        self.symmetric()
        self.exports()
        self.macs()
        self.tags()

    def create(self, **parameters):
        meta = self.call("CreateKey", **parameters)["KeyMetadata"]
        version = self.call("ListKeyVersions", KeyId=meta["KeyId"])["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
        return meta["KeyId"], version

    def drop(self, key):
        self.call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)

    def metadata(self):
        with self.case("UpdateKeyDescription", "shows in DescribeKey"):
            key, version = self.create(KeySpec="Aliyun_AES_256")
            self.call("UpdateKeyDescription", KeyId=key, Description="other")
            meta = self.call("DescribeKey", KeyId=key)["KeyMetadata"]
            equal((meta["Description"], meta["PrimaryKeyVersion"]), ("other", version))
        if self.has("SetDeletionProtection"):
            with self.case("SetDeletionProtection", "keeps the key from deletion"):
                arn = self.call("DescribeKey", KeyId=key)["KeyMetadata"]["Arn"]
                self.call("SetDeletionProtection", ProtectedResourceArn=arn, EnableDeletionProtection=True)
                self.refused("Rejected.StateModifiedFailed", 409, "ScheduleKeyDeletion", KeyId=key,
                             PendingWindowInDays=7)
                self.call("SetDeletionProtection", ProtectedResourceArn=arn, EnableDeletionProtection=False)
        self.drop(key)

    def aliases(self):
        key, _ = self.create()
        other, _ = self.create()
        alias = "alias/e2e-" + key[:8]
        with self.case("CreateAlias", "names a key, once"):
            self.call("CreateAlias", KeyId=key, AliasName=alias)
            self.refused("AliasAlreadyExists", 400, "CreateAlias", KeyId=other, AliasName=alias)
            equal(self.call("DescribeKey", KeyId=alias)["KeyMetadata"]["KeyId"], key)
            equal(self.call("Encrypt", KeyId=alias, Plaintext="x")["KeyId"], key)
        with self.case("ListAliases", "holds it"):
            rows = self.call("ListAliases", PageSize=100)["Aliases"]["Alias"]
            assert any(r["AliasName"] == alias and r["KeyId"] == key and r["AliasArn"].endswith(alias) for r in rows)
        with self.case("ListAliasesByKeyId", "of its key alone"):
            equal([r["AliasName"] for r in self.call("ListAliasesByKeyId", KeyId=key)["Aliases"]["Alias"]], [alias])
            equal(self.call("ListAliasesByKeyId", KeyId=other)["Aliases"]["Alias"], [])
        with self.case("UpdateAlias", "moves it"):
            self.call("UpdateAlias", KeyId=other, AliasName=alias)
            equal(self.call("DescribeKey", KeyId=alias)["KeyMetadata"]["KeyId"], other)
        with self.case("DeleteAlias", "takes it away"):
            self.call("DeleteAlias", AliasName=alias)
            self.refused("Forbidden.AliasNotFound", 404, "DescribeKey", KeyId=alias)
        self.drop(key)
        self.drop(other)

    def versions(self):
        key, first = self.create()
        with self.case("CreateKeyVersion", "encrypts from now on; the old one still decrypts"):
            blob = self.call("Encrypt", KeyId=key, Plaintext="old")["CiphertextBlob"]
            version = self.call("CreateKeyVersion", KeyId=key)["KeyVersion"]["KeyVersionId"]
            assert version != first
            equal(self.call("Encrypt", KeyId=key, Plaintext="x")["KeyVersionId"], version)
            equal(self.call("Decrypt", CiphertextBlob=blob)["Plaintext"], "old")
            self.refused("Rejected.LimitExceeded", 400, "CreateKeyVersion", KeyId=key)
        with self.case("DescribeKeyVersion", "by id"):
            equal(self.call("DescribeKeyVersion", KeyId=key, KeyVersionId=first)["KeyVersion"]["KeyVersionId"], first)
            self.refused("Forbidden.KeyVersionNotFound", 404, "DescribeKeyVersion", KeyId=key, KeyVersionId=key)
        with self.case("ListKeyVersions", "has both"):
            equal(self.call("ListKeyVersions", KeyId=key)["TotalCount"], 2)
        if self.has("UpdateRotationPolicy"):
            with self.case("UpdateRotationPolicy", "on and off"):
                self.call("UpdateRotationPolicy", KeyId=key, EnableAutomaticRotation=True, RotationInterval="30d")
                meta = self.call("DescribeKey", KeyId=key)["KeyMetadata"]
                equal((meta["AutomaticRotation"], meta["RotationInterval"]), ("Enabled", "2592000s"))
                self.refused("InvalidParameter", 400, "UpdateRotationPolicy", KeyId=key,
                             EnableAutomaticRotation=True, RotationInterval="1d")
                self.call("UpdateRotationPolicy", KeyId=key, EnableAutomaticRotation=False)
        self.drop(key)

    def imports(self):
        if not self.has("GetParametersForImport"):
            return
        key = self.call("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
        with self.case("GetParametersForImport", "a key to wrap with"):
            self.refused("Rejected.PendingImport", 409, "Encrypt", KeyId=key, Plaintext="x")
            with_ = self.call("GetParametersForImport", KeyId=key, WrappingKeySpec="RSA_2048",
                              WrappingAlgorithm="RSAES_OAEP_SHA_256")
            public = serialization.load_der_public_key(base64.b64decode(with_["PublicKey"]))
        with self.case("ImportKeyMaterial", "makes the key usable"):
            material = os.urandom(32)
            given = {"KeyId": key, "ImportToken": with_["ImportToken"],
                     "EncryptedKeyMaterial": b64(public.encrypt(material, OAEP)),
                     "KeyMaterialExpireUnix": int(time.time()) + 3600}
            self.refused("InvalidKeyMaterial", 400, "ImportKeyMaterial",
                         **{**given, "EncryptedKeyMaterial": b64(public.encrypt(b"short", OAEP))})
            self.call("ImportKeyMaterial", **given)
            self.call("Encrypt", KeyId=key, Plaintext="x")
            assert self.call("DescribeKey", KeyId=key)["KeyMetadata"]["MaterialExpireTime"]
        with self.case("ImportKeyMaterial", "a token is good until it expires"):
            self.call("ImportKeyMaterial", **given)
        with self.case("DeleteKeyMaterial", "waits for the next import"):
            self.call("DeleteKeyMaterial", KeyId=key)
            equal(self.call("DescribeKey", KeyId=key)["KeyMetadata"]["KeyState"], "PendingImport")
        self.drop(key)

    def public(self, key, version):
        text = self.call("GetPublicKey", KeyId=key, KeyVersionId=version)["PublicKey"]
        return serialization.load_pem_public_key(text.encode())

    def signatures(self):
        if not self.has("AsymmetricSign"):
            return
        digest = hashlib.sha256(b"message").digest()
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
        checks = {
            "RSA_PSS_SHA_256": lambda k, s: k.verify(s, digest, pss, PREHASHED),
            "RSA_PKCS1_SHA_256": lambda k, s: k.verify(s, digest, padding.PKCS1v15(), PREHASHED),
            "ECDSA_SHA_256": lambda k, s: k.verify(s, digest, ec.ECDSA(PREHASHED)),
        }
        cases = [("RSA_2048", "RSA_PSS_SHA_256"), ("RSA_2048", "RSA_PKCS1_SHA_256"), ("RSA_3072", "RSA_PSS_SHA_256"),
                 ("EC_P256", "ECDSA_SHA_256"), ("EC_P256K", "ECDSA_SHA_256"), ("EC_SM2", "SM2DSA")]
        keys = {}
        for spec, algorithm in cases:
            if spec not in keys:
                keys[spec] = self.create(KeySpec=spec, KeyUsage="SIGN/VERIFY")
            key, version = keys[spec]
            given = {"KeyId": key, "KeyVersionId": version, "Algorithm": algorithm, "Digest": b64(digest)}
            with self.case("AsymmetricSign", f"{spec} {algorithm}"):
                value = self.call("AsymmetricSign", **given)["Value"]
                if algorithm in checks:
                    checks[algorithm](self.public(key, version), base64.b64decode(value))
            with self.case("AsymmetricVerify", f"{spec} {algorithm}"):
                equal(self.call("AsymmetricVerify", Value=value, **given)["Value"], True)
                wrong = {**given, "Digest": b64(hashlib.sha256(b"other").digest())}
                equal(self.call("AsymmetricVerify", Value=value, **wrong)["Value"], False)
        with self.case("GetPublicKey", "PEM of the key's size"):
            equal(self.public(*keys["RSA_3072"]).key_size, 3072)
        with self.case("AsymmetricSign", "a disabled key signs nothing"):
            key, version = keys["EC_P256"]
            self.call("DisableKey", KeyId=key)
            self.refused("Rejected.Disabled", 409, "AsymmetricSign", KeyId=key, KeyVersionId=version,
                         Algorithm="ECDSA_SHA_256", Digest=b64(digest))
        for key, _ in keys.values():
            self.drop(key)

    def asymmetric_encryption(self):
        if not self.has("AsymmetricEncrypt"):
            return
        key, version = self.create(KeySpec="RSA_2048", KeyUsage="ENCRYPT/DECRYPT")
        given = {"KeyId": key, "KeyVersionId": version, "Algorithm": "RSAES_OAEP_SHA_256"}
        with self.case("AsymmetricEncrypt", "and back"):
            blob = self.call("AsymmetricEncrypt", Plaintext=b64(b"text"), **given)["CiphertextBlob"]
            equal(self.call("AsymmetricDecrypt", CiphertextBlob=blob, **given)["Plaintext"], b64(b"text"))
        with self.case("AsymmetricDecrypt", "what was encrypted elsewhere"):
            sealed = self.public(key, version).encrypt(b"elsewhere", OAEP)
            equal(self.call("AsymmetricDecrypt", CiphertextBlob=b64(sealed), **given)["Plaintext"], b64(b"elsewhere"))
            self.refused("InvalidParameter", 400, "AsymmetricDecrypt", CiphertextBlob=b64(b"nonsense"), **given)
        self.drop(key)
        key, version = self.create(KeySpec="EC_SM2", KeyUsage="ENCRYPT/DECRYPT")
        given = {"KeyId": key, "KeyVersionId": version, "Algorithm": "SM2PKE"}
        with self.case("AsymmetricEncrypt", "SM2 and back"):
            blob = self.call("AsymmetricEncrypt", Plaintext=b64(b"text"), **given)["CiphertextBlob"]
            equal(self.call("AsymmetricDecrypt", CiphertextBlob=blob, **given)["Plaintext"], b64(b"text"))
        self.drop(key)

    def symmetric(self):
        for spec in ("Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4"):
            key, _ = self.create(KeySpec=spec)
            with self.case("Encrypt", f"{spec} and back"):
                blob = self.call("Encrypt", KeyId=key, Plaintext="text")["CiphertextBlob"]
                equal(self.call("Decrypt", CiphertextBlob=blob)["Plaintext"], "text")
            self.drop(key)
        source, _ = self.create()
        target, _ = self.create()
        with self.case("GenerateDataKeyWithoutPlaintext", "decrypts to a key"):
            answer = self.call("GenerateDataKeyWithoutPlaintext", KeyId=source, NumberOfBytes=16)
            assert not answer.get("Plaintext")
            equal(len(base64.b64decode(self.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])["Plaintext"])), 16)
        if self.has("ReEncrypt"):
            with self.case("ReEncrypt", "under another key"):
                blob = self.call("Encrypt", KeyId=source, Plaintext="moved")["CiphertextBlob"]
                answer = self.call("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=target)
                equal(answer["KeyId"], target)
                opened = self.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])
                equal((opened["KeyId"], opened["Plaintext"]), (target, "moved"))
        self.drop(source)
        self.drop(target)

    def exports(self):
        if not self.has("GenerateAndExportDataKey"):
            return
        own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        spki = own.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        to = {"PublicKeyBlob": b64(spki), "WrappingKeySpec": "RSA_2048", "WrappingAlgorithm": "RSAES_OAEP_SHA_256"}
        key, _ = self.create()
        with self.case("GenerateAndExportDataKey", "opens with our own key"):
            answer = self.call("GenerateAndExportDataKey", KeyId=key, **to)
            raw = own.decrypt(base64.b64decode(answer["ExportedDataKey"]), OAEP)
            equal(b64(raw), self.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])["Plaintext"])
        with self.case("ExportDataKey", "the same key again"):
            again = self.call("ExportDataKey", CiphertextBlob=answer["CiphertextBlob"], **to)
            equal(own.decrypt(base64.b64decode(again["ExportedDataKey"]), OAEP), raw)
        self.drop(key)

    def macs(self):
        if not self.has("GenerateMac"):
            return
        key, _ = self.create(KeySpec="HMAC_SHA_256")
        given = {"KeyId": key, "Algorithm": "HMAC_SHA_256", "Message": b64(b"message")}
        with self.case("GenerateMac", "32 bytes"):
            mac = self.call("GenerateMac", **given)["Mac"]
            equal(len(base64.b64decode(mac)), 32)
        with self.case("VerifyMac", "true and false"):
            equal(self.call("VerifyMac", Mac=mac, **given)["Value"], True)
            equal(self.call("VerifyMac", Mac=mac, **{**given, "Message": b64(b"other")})["Value"], False)
        self.drop(key)

    def tags(self):
        if not self.has("ListResourceTags"):
            return
        key, _ = self.create(Tags='[{"TagKey":"a","TagValue":"b"}]')
        with self.case("ListResourceTags", "of a key"):
            rows = self.call("ListResourceTags", KeyId=key)["Tags"]["Tag"]
            equal([(r["KeyId"], r["TagKey"], r["TagValue"]) for r in rows], [(key, "a", "b")])
        self.drop(key)
