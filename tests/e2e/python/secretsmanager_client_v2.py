"""alibabacloud-secretsmanager-client-v2: the caching secrets client, AccessKey credentials.

It loads a CA file only for endpoints of the vendor's own domain, so the suite hands it a ready Config whose `ca` is the
file (for the Python SDK `ca` is a path).
"""

import logging
import os
import uuid

from alibabacloud_kms20160120.models import GetSecretValueRequest
from alibabacloud_secretsmanager_client_v2.secret_manager_cache_client_builder import SecretManagerCacheClientBuilder
from alibabacloud_secretsmanager_client_v2.service.default_secret_manager_client_builder import \
    DefaultSecretManagerClientBuilder
from alibabacloud_secretsmanager_client_v2.service.full_jitter_back_off_strategy import FullJitterBackoffStrategy
from alibabacloud_tea_openapi.models import Config

from lifecycle import HARD
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import Wire

CLIENT = "python secretsmanager-client-v2"


def config():
    return Config(endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https", ca=os.environ["STRONGROOM_CA_FILE"],
                  region_id=os.environ["STRONGROOM_REGION"],
                  access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                  access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])


def main():
    suite = Suite(CLIENT)
    admin = Wire.from_env(os.environ)
    name = f"e2e/py-v2/{uuid.uuid4().hex[:8]}"
    admin.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": HARD}, place="form")
    admin.ok("CreateSecret", {"SecretName": name + "/bin", "VersionId": "v1", "SecretData": "AAEC",
                              "SecretDataType": "binary"}, place="form")

    quiet = logging.getLogger(CLIENT)
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    plain = DefaultSecretManagerClientBuilder().add_config(config()).with_back_off_strategy(
        FullJitterBackoffStrategy(2, 100, 500)).build()
    client = SecretManagerCacheClientBuilder.new_cache_client_builder(plain).with_logger(quiet).with_secret_ttl(
        name, 3600 * 1000).build()
    try:
        with suite.case("GetSecretValue", "text value through the cache"):
            info = client.get_secret_info(name)
            equal(info.secret_value, HARD)
            equal(info.version_id, "v1")
            equal(info.secret_data_type, "text")
            equal(info.secret_type, "Generic")
            equal(client.get_secret_value(name), HARD)
        with suite.case("GetSecretValue", "binary value"):
            # get_binary_value() of this release fails in its own bytebuffer call, so the record is read instead.
            info = client.get_secret_info(name + "/bin")
            equal((info.secret_data_type, info.secret_value), ("binary", "AAEC"))
        with suite.case("GetSecretValue", "cached until refreshed"):
            admin.ok("PutSecretValue", {"SecretName": name, "VersionId": "v2", "SecretData": "two"}, place="form")
            equal(client.get_secret_value(name), HARD)
            equal(client.refresh_now(name), True)
            equal(client.get_secret_value(name), "two")
        with suite.case("GetSecretValue", "absent secret is not retried"):
            request = GetSecretValueRequest(secret_name=name + "-absent")
            try:
                plain.get_secret_value(request)
            except Exception as error:
                equal(error.code, "Forbidden.ResourceNotFound")
            else:
                raise AssertionError("succeeded")
    finally:
        client.close()
    suite.finish()


if __name__ == "__main__":
    main()
