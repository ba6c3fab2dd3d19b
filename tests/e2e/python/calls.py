"""The typed RAM and STS packages and alibabacloud-credentials as a program to talk to: one call, as JSON, a line on standard
input; its answer, a line on standard output (identity/calls.py). Nothing but the packages' own functions is called."""

import importlib
import json
import os
import re
import sys

from alibabacloud_credentials.client import Client as Credentials
from alibabacloud_credentials.models import Config as CredentialConfig
from alibabacloud_tea_openapi.models import Config

PACKAGES = {"ram": "alibabacloud_ram20150501", "sts": "alibabacloud_sts20150401", "kms": "alibabacloud_kms20160120"}


class Unknown(Exception):
    pass


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def call_package(api, action, parameters, key):
    package = PACKAGES[api]
    client = importlib.import_module(package + ".client").Client(Config(
        endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https", ca=os.environ["STRONGROOM_CA_FILE"],
        region_id=os.environ["STRONGROOM_REGION"], access_key_id=key[0], access_key_secret=key[1], security_token=key[2] or None))
    method = getattr(client, snake(action), None)
    if method is None:
        raise Unknown(action)
    model = getattr(importlib.import_module(package + ".models"), action + "Request", None)
    if model is None:
        return method().body.to_map()
    request = model().from_map(parameters)
    for name in parameters:
        if name not in request.to_map():
            raise Unknown(name)
    return method(request).body.to_map()


def assume_by_credentials(parameters, key):
    found = Credentials(CredentialConfig(
        type="ram_role_arn", access_key_id=key[0], access_key_secret=key[1], role_arn=parameters["RoleArn"],
        role_session_name=parameters["RoleSessionName"], sts_endpoint=os.environ["STRONGROOM_ENDPOINT"])).get_credential()
    return {"AccessKeyId": found.access_key_id, "AccessKeySecret": found.access_key_secret, "SecurityToken": found.security_token}


def answer(call):
    try:
        if call["api"] == "credentials":
            return {"body": assume_by_credentials(call["parameters"], call["key"])}
        return {"body": call_package(call["api"], call["action"], call["parameters"], call["key"])}
    except Unknown as error:
        return {"unknown": str(error)}
    except Exception as error:  # pylint: disable=broad-except
        return {"code": str(getattr(error, "code", type(error).__name__)), "message": str(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
