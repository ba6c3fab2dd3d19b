"""Clients under the name of a KMS instance, kst-….cryptoservice.kms.aliyuncs.com, on port 443 with the instance's CA file,
as they are used in the cloud. Runs in name spaces of its own, where that name is this machine.
"""

import json
import logging
import os
import subprocess
import sys

from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server

CLIENT = "python secretsmanager-client-v2"


def first_start(data):
    """A server that makes its data; the id of its instance and one secret there."""
    server = Server(data).start()
    try:
        apps = Applications(server.env)
        apps.secret("e2e/host", "under its own name")
        return apps.instance, apps.client_key("host")
    finally:
        server.stop()


def version_2(suite, env, host):
    os.environ.update(credentials_type="ak", credentials_access_key_id=env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                      credentials_access_secret=env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                      cache_client_region_id=json.dumps([{"regionId": env["STRONGROOM_REGION"], "endpoint": host,
                                                          "caFilePath": env["STRONGROOM_INSTANCE_CA_FILE"]}]))
    from alibabacloud_secretsmanager_client_v2.secret_manager_cache_client_builder import SecretManagerCacheClientBuilder
    quiet = logging.getLogger(CLIENT)
    quiet.addHandler(logging.NullHandler())
    quiet.propagate = False
    with suite.case("GetSecretValue", "an instance's own name and CA file"):
        client = SecretManagerCacheClientBuilder.new_cache_client_builder(None).with_logger(quiet).build()
        equal(client.get_secret_info("e2e/host").secret_value, "under its own name")
        client.close()


def openapi(suite, env, host):
    from alibabacloud_kms20160120 import models
    from alibabacloud_kms20160120.client import Client
    from alibabacloud_tea_openapi.models import Config
    sdk = Client(Config(endpoint=host, protocol="https", ca=env["STRONGROOM_INSTANCE_CA_FILE"], region_id=env["STRONGROOM_REGION"],
                        access_key_id=env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                        access_key_secret=env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]))
    with suite.case("GetSecretValue", "the OpenAPI SDK at the instance"):
        equal(sdk.get_secret_value(models.GetSecretValueRequest(secret_name="e2e/host")).body.secret_data, "under its own name")
    with suite.case("ListSecrets", "no management there"):
        try:
            sdk.list_secrets(models.ListSecretsRequest())
        except Exception as error:
            equal(error.code, "UnsupportedOperation")
        else:
            raise AssertionError("succeeded")


def instance_api(suite, env, host, key):
    from openapi.models import Config
    from sdk import models
    from sdk.client import Client
    with suite.case("GetSecretValue", "the Instance API under its own name"):
        app = Client(Config(protocol="https", endpoint=host, client_key_content=key.content, password=key.password,
                            ca_file_path=env["STRONGROOM_INSTANCE_CA_FILE"]))
        equal(app.get_secret_value(models.GetSecretValueRequest(secret_name="e2e/host")).secret_data, "under its own name")


def inside():
    suite = Suite(CLIENT)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    work = work_directory("host")
    data = os.path.join(work, "data")
    instance, key = first_start(data)
    host = instance + ".cryptoservice.kms.aliyuncs.com"
    names = os.path.join(work, "hosts")
    with open(names, "w", encoding="utf-8") as out:
        out.write(f"127.0.0.1 localhost {host}\n")
    subprocess.run(["mount", "--bind", names, "/etc/hosts"], check=True)
    server = Server(data, arguments=["--set", f"server.instance_listen={instance}=127.0.0.1:443"]).start()
    try:
        version_2(suite, server.env, host)
        openapi(suite, server.env, host)
        instance_api(suite, server.env, host, key)
    finally:
        server.stop()
    suite.finish()


def main():
    if os.environ.get("STRONGROOM_INSTANCE_HOST") == "inside":
        return inside()
    os.environ["STRONGROOM_INSTANCE_HOST"] = "inside"
    probe = subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        print("name spaces are not allowed here: " + probe.stderr.decode())
        Suite(CLIENT).record("-", "left out: name spaces are not allowed on this machine", True)
        return 0
    return subprocess.run(["unshare", "-rnm", sys.executable, *sys.argv], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
