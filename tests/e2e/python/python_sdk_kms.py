"""aliyun-python-sdk-kms on aliyun-python-sdk-core: the classic SDK. RPC v1 HMAC-SHA1, POST, everything in the query."""

import importlib
import json
import os

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient

from lifecycle import Life

PLURAL = {"ResourceId": "ResourceIds", "Tag": "Tags", "TagKey": "TagKeys"}


class Adapter:
    client = "python aliyun-python-sdk-kms"

    def __init__(self):
        host, port = os.environ["STRONGROOM_ENDPOINT"].rsplit(":", 1)
        self.host = host
        self.sdk = AcsClient(os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
                             os.environ["STRONGROOM_REGION"], port=int(port), verify=os.environ["STRONGROOM_CA_FILE"])

    def _request(self, action):
        module = importlib.import_module(f"aliyunsdkkms.request.v20160120.{action}Request")
        return getattr(module, action + "Request")()

    def knows(self, action):
        try:
            self._request(action)
            return True
        except ImportError:
            return False

    def call(self, action, parameters):
        request = self._request(action)
        request.set_endpoint(self.host)
        request.set_accept_format("JSON")
        for name, value in parameters.items():
            if name == "RegionId":
                continue  # the SDK sends the client's own region with every call
            setter = "set_" + (PLURAL.get(name, name) if isinstance(value, list) else name)
            getattr(request, setter)(value)
        return json.loads(self.sdk.do_action_with_exception(request))

    def failure(self, error):
        assert isinstance(error, ServerException), error
        return error.get_error_code(), error.get_http_status()


if __name__ == "__main__":
    Life(Adapter()).run()
