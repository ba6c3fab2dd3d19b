"""alibabacloud-kms-python-sdk: the vendor's KMS instance SDK. Its transfer client sends requests of the OpenAPI SDK over the
Instance API, in the advanced form and in the older one; its plain client speaks the Instance API itself.
"""

import base64

from alibabacloud_kms20160120 import models
from alibabacloud_kms_kms20160120.client import Client
from alibabacloud_kms_kms20160120.models import KmsConfig, KmsRuntimeOptions
from alibabacloud_kms_kms20160120.transfer_client import TransferClient
from openapi_util.models import RuntimeOptions
from sdk import models as instance_models

from strongroom_e2e.applications import Applications
from strongroom_e2e.report import Suite, equal


def config(apps, key, low_version):
    made = KmsConfig(protocol="https", endpoint=apps.endpoint, client_key_content=key.content, password=key.password,
                     force_low_version_crypto_transfer=low_version)
    made.ca_file_path = apps.ca
    return made


def transferred(suite, apps, sdk, form):
    runtime = KmsRuntimeOptions()
    key = apps.key()
    with suite.case("Encrypt", form + ", and Decrypt by version"):
        made = sdk.encrypt_with_options(models.EncryptRequest(key_id=key, plaintext="over there"), runtime).body
        opened = sdk.decrypt_with_options(models.DecryptRequest(ciphertext_blob=made.ciphertext_blob), runtime).body
        equal((opened.plaintext, opened.key_id, opened.key_version_id), ("over there", key, made.key_version_id))
    with suite.case("Decrypt", form + ": the same blob over OpenAPI"):
        equal(apps.call("Decrypt", CiphertextBlob=made.ciphertext_blob)["Plaintext"], "over there")
    with suite.case("GenerateDataKey", form):
        made = sdk.generate_data_key_with_options(models.GenerateDataKeyRequest(key_id=key, number_of_bytes=32), runtime).body
        opened = sdk.decrypt_with_options(models.DecryptRequest(ciphertext_blob=made.ciphertext_blob), runtime).body
        equal(opened.plaintext, made.plaintext)
        equal(len(base64.b64decode(made.plaintext)), 32)


def main():
    suite = Suite("python kms-python-sdk")
    apps = Applications()
    key = apps.client_key("kmssdk")
    name = f"e2e/kmssdk/{apps.tail}"
    apps.secret(name, "from the instance")
    for low_version, form in ((False, "advanced"), (True, "older form")):
        sdk = TransferClient(kms_config=config(apps, key, low_version))
        transferred(suite, apps, sdk, form)
        with suite.case("GetSecretValue", form):
            found = sdk.get_secret_value_with_options(models.GetSecretValueRequest(secret_name=name),
                                                      KmsRuntimeOptions()).body
            equal(found.secret_data, "from the instance")
    plain = Client(kms_instance_config=config(apps, key, False))
    with suite.case("GetSecretValue", "plain client"):
        found = plain.get_secret_value_with_options(instance_models.GetSecretValueRequest(secret_name=name),
                                                    RuntimeOptions(verify=apps.ca))
        equal(found.secret_data, "from the instance")
    suite.finish()


if __name__ == "__main__":
    main()
