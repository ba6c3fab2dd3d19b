"""alibabacloud-kms20160120: the current typed SDK. ACS3-HMAC-SHA256, POST, parameters in the query."""

import os
import re

from alibabacloud_kms20160120 import models
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.models import Config

from lifecycle import Life


def make_client(secret=None, key_id=None):
    return Client(Config(endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https",
                         ca=os.environ["STRONGROOM_CA_FILE"], region_id=os.environ["STRONGROOM_REGION"],
                         access_key_id=key_id or os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                         access_key_secret=secret or os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                         # Making an RSA key on a busy machine takes longer than the client waits by itself.
                         connect_timeout=60_000, read_timeout=60_000))


class Adapter:
    client = "python kms20160120"

    def __init__(self):
        self.sdk = make_client()

    @staticmethod
    def _method(action):
        return re.sub(r"(?<!^)([A-Z])", r"_\1", action).lower()

    def knows(self, action):
        return hasattr(self.sdk, self._method(action))

    def call(self, action, parameters, sdk=None):
        method = getattr(sdk or self.sdk, self._method(action))
        request = getattr(models, action + "Request", None)
        answer = method(request().from_map(parameters)) if request else method()
        return answer.body.to_map()

    def failure(self, error):
        return error.code, getattr(error, "status_code", None) or getattr(error, "statusCode", None)


def refusals(life):
    sdk = life.api
    for code, status, client in (
            ("SignatureDoesNotMatch", 400, make_client(secret="wrong")),
            ("InvalidAccessKeyId.NotFound", 404, make_client(key_id="LTAI5tNobodyHasThisKey01"))):
        with life.case("GetSecretValue", f"refused: {code}"):
            try:
                sdk.call("GetSecretValue", {"SecretName": "x"}, client)
            except Exception as error:
                assert sdk.failure(error) == (code, status), error
            else:
                raise AssertionError("succeeded")
    with life.case("CreateSecret", "unknown instance"):
        life.refused("Forbidden.DKMSInstanceNotFound", 403, "CreateSecret", SecretName="e2e/instance",
                     VersionId="v1", SecretData="x", DKMSInstanceId="kst-nowhere")


if __name__ == "__main__":
    life = Life(Adapter())
    refusals(life)
    life.run()
