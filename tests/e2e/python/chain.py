"""The default credential chain of alibabacloud-credentials: whatever it finds here reads the secret. Usage: chain.py CASE"""

import os
import sys

from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_kms20160120 import models
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.models import Config

from strongroom_e2e.report import Suite, equal

suite = Suite("python credentials")
with suite.case("AssumeRoleWithOIDC" if sys.argv[1] == "oidc" else "AssumeRole", "default chain: " + sys.argv[1]):
    credentials = Credentials()
    sdk = Client(Config(credential=credentials, endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https",
                        ca=os.environ["STRONGROOM_CA_FILE"], region_id="cn-hangzhou"))
    answer = sdk.get_secret_value(models.GetSecretValueRequest(secret_name="chain/secret")).body
    equal(answer.secret_data, "open sesame")
    equal(credentials.get_credential().access_key_id.startswith("STS."), True, "temporary")
suite.finish()
