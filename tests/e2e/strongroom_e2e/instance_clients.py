"""Runs a client program of another language as an application with a client key: `instance_clients.py PROGRAM...`, once for
each of its modes (instance, transfer, secrets), with what it works with in its environment. Of the modes in E2E_MODES
(separated by commas), if that is set, only those.
"""

import json
import os
import subprocess
import sys

from strongroom_e2e.applications import PASSWORD, Applications

SECONDS = 100


def main():
    apps = Applications()
    name = f"e2e/clients/{apps.tail}"
    apps.secret(name, "in the instance")
    apps.call("CreateSecret", SecretName=name + "/shared", VersionId="v1", SecretData="shared")
    key_file, password_file = apps.client_key("clients").files()
    shared_file, shared_password = apps.client_key("clients-s", ["secret/*"], ["SecretUser"], scope="shared").files()
    common = {**os.environ, "E2E_ENDPOINT": apps.endpoint, "E2E_PASSWORD": PASSWORD, "E2E_CLIENT_KEY_FILE": key_file,
              "E2E_SECRET": name, "E2E_VALUE": "in the instance", "E2E_KEY": apps.key(),
              "E2E_SIGN_KEY": apps.key(KeySpec="RSA_2048", KeyUsage="SIGN/VERIFY"),
              "E2E_RSA_KEY": apps.key(KeySpec="RSA_2048", KeyUsage="ENCRYPT/DECRYPT")}
    region = os.environ["STRONGROOM_REGION"]
    dedicated = {"E2E_WAY": "Instance API", "cache_client_dkms_config_info": json.dumps(
        [{"regionId": region, "endpoint": apps.endpoint, "clientKeyFile": key_file, "passwordFromFilePath": password_file,
          "ignoreSslCerts": False, "caFilePath": apps.ca}])}
    shared = {"E2E_WAY": "shared endpoint", "E2E_SECRET": name + "/shared", "E2E_VALUE": "shared",
              "credentials_type": "client_key", "client_key_private_key_path": shared_file,
              "client_key_password_from_file_path": shared_password,
              "cache_client_region_id": json.dumps([{"regionId": region, "endpoint": os.environ["STRONGROOM_ENDPOINT"]}])}
    modes = [("instance", {}), ("transfer", {}), ("secrets", dedicated), ("secrets", shared)]
    if "E2E_MODES" in os.environ:
        modes = [(mode, {}) for mode in os.environ["E2E_MODES"].split(",")]
    failed = 0
    for mode, extra in modes:
        done = subprocess.run([*sys.argv[1:], mode], env={**common, **extra}, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)
        failed += done.returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
