"""aliyun-secret-manager-client (the first generation), AccessKey mode: RPC v1 HMAC-SHA1 through the classic core.

For the shared gateway this client switches certificate checking off in its own code; that is not ours to change.
"""

import logging
import os
import uuid
import warnings

from alibaba_cloud_secretsmanager_client.model.region_info import RegionInfo
from alibaba_cloud_secretsmanager_client.secret_manager_cache_client_builder import SecretManagerCacheClientBuilder
from alibaba_cloud_secretsmanager_client.service.default_secret_manager_client_builder import \
    DefaultSecretManagerClientBuilder
from alibaba_cloud_secretsmanager_client.service.full_jitter_back_off_strategy import FullJitterBackoffStrategy
from aliyunsdkkms.request.v20160120.GetSecretValueRequest import GetSecretValueRequest

from lifecycle import HARD
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import Wire

CLIENT = "python secret-manager-client"


def main():
    warnings.simplefilter("ignore")
    suite = Suite(CLIENT)
    admin = Wire.from_env(os.environ)
    name = f"e2e/py-v1/{uuid.uuid4().hex[:8]}"
    admin.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": HARD}, place="form")

    quiet = logging.getLogger(CLIENT)
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    plain = DefaultSecretManagerClientBuilder().with_access_key(
        os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]).add_region_info(
        RegionInfo(os.environ["STRONGROOM_REGION"], False, os.environ["STRONGROOM_ENDPOINT"])).with_back_off_strategy(
        FullJitterBackoffStrategy(2, 100, 500)).build()
    client = SecretManagerCacheClientBuilder.new_cache_client_builder(plain).with_logger(quiet).with_secret_ttl(
        name, 3600 * 1000).build()
    try:
        with suite.case("GetSecretValue", "text value through the cache"):
            info = client.get_secret_info(name)
            equal(info.secret_value, HARD)
            equal(info.version_id, "v1")
            equal(client.get_secret_value(name), HARD)
        with suite.case("GetSecretValue", "cached until refreshed"):
            admin.ok("PutSecretValue", {"SecretName": name, "VersionId": "v2", "SecretData": "two"}, place="form")
            equal(client.get_secret_value(name), HARD)
            equal(client.refresh_now(name), True)
            equal(client.get_secret_value(name), "two")
        with suite.case("GetSecretValue", "absent secret is not retried"):
            request = GetSecretValueRequest()
            request.set_SecretName(name + "-absent")
            request.set_accept_format("JSON")
            try:
                plain.get_secret_value(request)
            except Exception as error:
                equal(error.get_error_code(), "Forbidden.ResourceNotFound")
            else:
                raise AssertionError("succeeded")
    finally:
        client.close()
    suite.finish()


if __name__ == "__main__":
    main()
