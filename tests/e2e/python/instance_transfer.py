"""The transfer SDK alibabacloud-dkms-transfer-python: requests of the classic OpenAPI SDK, sent over the Instance API.

It needs the header x-kms-migrationkeyversionid on answers and sends it instead of a KeyId when it decrypts.
"""

import base64
import hashlib
import json

from alibabacloud_dkms_transfer.kms_transfer_acs_client import KmsTransferAcsClient
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkkms.request.v20160120 import (AsymmetricDecryptRequest, AsymmetricEncryptRequest, AsymmetricSignRequest,
                                            AsymmetricVerifyRequest, DecryptRequest, EncryptRequest,
                                            GenerateDataKeyRequest, GenerateDataKeyWithoutPlaintextRequest,
                                            GetPublicKeyRequest, GetSecretValueRequest)
from openapi.models import Config

from strongroom_e2e.applications import Applications
from strongroom_e2e.report import Suite, equal

CONTEXT = json.dumps({"b": "2", "a": "1"})


class Transfer:
    def __init__(self, apps, key):
        self.client = KmsTransferAcsClient(
            config=Config(protocol="https", endpoint=apps.endpoint, client_key_content=key.content, password=key.password),
            credential=AccessKeyCredential("PRETEND_AK", "PRETEND_SK"), verify=apps.ca)

    def call(self, module, **parameters):
        request = getattr(module, module.__name__.rsplit(".", 1)[1])()
        request.set_accept_format("JSON")
        for name, value in parameters.items():
            getattr(request, "set_" + name)(value)
        return json.loads(self.client.do_action_with_exception(request))


def symmetric(suite, apps, transfer):
    key = apps.key()
    with suite.case("Encrypt", "with a context, and Decrypt without a KeyId"):
        made = transfer.call(EncryptRequest, KeyId=key, Plaintext="over there", EncryptionContext=CONTEXT)
        blob = base64.b64decode(made["CiphertextBlob"])
        equal(blob[:36].decode(), made["KeyVersionId"])
        opened = transfer.call(DecryptRequest, CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        equal((opened["Plaintext"], opened["KeyId"]), ("over there", key))
    with suite.case("Decrypt", "the same blob over OpenAPI"):
        equal(apps.call("Decrypt", CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"], "over there")
    with suite.case("Decrypt", "a blob that OpenAPI made"):
        made = apps.call("Encrypt", KeyId=key, Plaintext="from here")
        equal(transfer.call(DecryptRequest, CiphertextBlob=made["CiphertextBlob"])["Plaintext"], "from here")
    for module in (GenerateDataKeyRequest, GenerateDataKeyWithoutPlaintextRequest):
        with suite.case(module.__name__.rsplit(".", 1)[1][:-len("Request")], "opens again"):
            made = transfer.call(module, KeyId=key, NumberOfBytes=24)
            plain = transfer.call(DecryptRequest, CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
            equal(len(base64.b64decode(plain)), 24)
            equal(made.get("Plaintext", plain), plain)


def asymmetric(suite, apps, transfer):
    key = apps.key(KeySpec="RSA_2048", KeyUsage="SIGN/VERIFY")
    version = apps.call("ListKeyVersions", KeyId=key)["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
    digest = base64.b64encode(hashlib.sha256(b"message").digest()).decode()
    with suite.case("AsymmetricSign", "a digest, verified"):
        made = transfer.call(AsymmetricSignRequest, KeyId=key, KeyVersionId=version, Algorithm="RSA_PSS_SHA_256", Digest=digest)
        told = transfer.call(AsymmetricVerifyRequest, KeyId=key, KeyVersionId=version, Algorithm="RSA_PSS_SHA_256", Digest=digest,
                             Value=made["Value"])
        equal(told["Value"], True)
    with suite.case("AsymmetricSign", "a version that the key does not have"):
        try:
            transfer.call(AsymmetricSignRequest, KeyId=key, KeyVersionId="0" * 36, Algorithm="RSA_PSS_SHA_256", Digest=digest)
        except Exception as error:
            equal(error.get_error_code(), "Forbidden.KeyNotFound")
        else:
            raise AssertionError("succeeded")
    with suite.case("GetPublicKey", "PEM"):
        found = transfer.call(GetPublicKeyRequest, KeyId=key, KeyVersionId=version)
        assert found["PublicKey"].startswith("-----BEGIN PUBLIC KEY-----"), found
    key = apps.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT/DECRYPT")
    version = apps.call("ListKeyVersions", KeyId=key)["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
    with suite.case("AsymmetricEncrypt", "opens again"):
        made = transfer.call(AsymmetricEncryptRequest, KeyId=key, KeyVersionId=version, Algorithm="RSAES_OAEP_SHA_256",
                             Plaintext=base64.b64encode(b"small").decode())
        opened = transfer.call(AsymmetricDecryptRequest, KeyId=key, KeyVersionId=version, Algorithm="RSAES_OAEP_SHA_256",
                               CiphertextBlob=made["CiphertextBlob"])
        equal(base64.b64decode(opened["Plaintext"]), b"small")


def main():
    suite = Suite("python dkms-transfer")
    apps = Applications()
    transfer = Transfer(apps, apps.client_key("transfer"))
    name = f"e2e/transfer/{apps.tail}"
    apps.secret(name, "carried over")
    with suite.case("GetSecretValue", "its value"):
        equal(transfer.call(GetSecretValueRequest, SecretName=name)["SecretData"], "carried over")
    symmetric(suite, apps, transfer)
    asymmetric(suite, apps, transfer)
    suite.finish()


if __name__ == "__main__":
    main()
