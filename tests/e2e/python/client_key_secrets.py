"""aliyun-secret-manager-client with a client key, in both of its meanings: over the Instance API of a KMS instance, and as
RPC requests signed with SHA256withRSA on the shared endpoint.
"""

import json
import logging
import os

# Configured through the environment, as its manual shows.
from alibaba_cloud_secretsmanager_client.secret_manager_cache_client_builder import SecretManagerCacheClientBuilder

from strongroom_e2e.applications import Applications
from strongroom_e2e.report import Suite, equal

CLIENT = "python secret-manager-client"


def client():
    quiet = logging.getLogger(CLIENT)
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    return SecretManagerCacheClientBuilder.new_cache_client_builder(None).with_logger(quiet).build()


def main():
    suite = Suite(CLIENT)
    apps = Applications()
    name = f"e2e/py-v1-key/{apps.tail}"
    with suite.case("GetSecretValue", "client key, Instance API"):
        apps.secret(name, "dedicated")
        key_file, password_file = apps.client_key("py-v1").files()
        os.environ["cache_client_dkms_config_info"] = json.dumps([{
            "regionId": os.environ["STRONGROOM_REGION"], "endpoint": apps.endpoint, "clientKeyFile": key_file,
            "passwordFromFilePath": password_file, "ignoreSslCerts": False, "caFilePath": apps.ca}])
        dedicated = client()
        equal(dedicated.get_secret_info(name).secret_value, "dedicated")
        dedicated.close()
        del os.environ["cache_client_dkms_config_info"]
    with suite.case("GetSecretValue", "client key, shared endpoint"):
        apps.call("CreateSecret", SecretName=name + "/shared", VersionId="v1", SecretData="shared")
        key_file, password_file = apps.client_key("py-v1s", ["secret/*"], ["SecretUser"], scope="shared").files()
        os.environ.update(credentials_type="client_key", client_key_private_key_path=key_file,
                          client_key_password_from_file_path=password_file, cache_client_region_id=json.dumps(
                              [{"regionId": os.environ["STRONGROOM_REGION"], "endpoint": os.environ["STRONGROOM_ENDPOINT"]}]))
        shared = client()
        equal(shared.get_secret_info(name + "/shared").secret_value, "shared")
        shared.close()
    suite.finish()


if __name__ == "__main__":
    main()
