#!/usr/bin/env python3
"""Writes tests/vectors/cloud/requests.json: what the cloud's official Python SDKs send for the calls of the connectors to
RDS, RAM and ECS, with a fixed nonce and date.

    python3 -m venv V; V/bin/pip install alibabacloud-rds20140815==16.0.2 alibabacloud-ram20150501==1.3.0 \
        alibabacloud-ecs20140526==7.11.8; V/bin/python record_cloud_requests.py
"""

import json
import os
import socketserver
import threading

from alibabacloud_ecs20140526 import client as ecs_client, models as ecs
from alibabacloud_ram20150501 import client as ram_client, models as ram
from alibabacloud_rds20140815 import client as rds_client, models as rds
from alibabacloud_tea_openapi.utils import Utils
from alibabacloud_tea_openapi.utils_models import Config

KEY_ID = "LTAI5tRecorderRecorderRe"
KEY_SECRET = "RecorderSecretOfThirtyChars000"
NONCE = "0123456789abcdef0123456789abcdef"
DATE = "2026-11-22T01:02:03Z"
PASSWORD = "Pa_ss-wo+rd=&%/~*'(17)"
CONTENT = "c2V0IC1ldQplY2hvIGhlbGxvCg=="
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors", "cloud", "requests.json")

CALLS = [
    ("DescribeDBInstanceAttribute", "rds", rds.DescribeDBInstanceAttributeRequest(dbinstance_id="rm-1")),
    ("DescribeAccounts", "rds", rds.DescribeAccountsRequest(dbinstance_id="rm-1", account_name="app")),
    ("ResetAccountPassword", "rds", rds.ResetAccountPasswordRequest(dbinstance_id="rm-1", account_name="app",
                                                                    account_password=PASSWORD)),
    ("CreateAccount", "rds", rds.CreateAccountRequest(dbinstance_id="rm-1", account_name="app_clone", account_password=PASSWORD,
                                                      account_type="Normal")),
    ("GrantAccountPrivilege", "rds", rds.GrantAccountPrivilegeRequest(dbinstance_id="rm-1", account_name="app_clone",
                                                                      dbname="shop", account_privilege="ReadWrite")),
    ("RevokeAccountPrivilege", "rds", rds.RevokeAccountPrivilegeRequest(dbinstance_id="rm-1", account_name="app_clone",
                                                                        dbname="shop")),
    ("ListAccessKeys", "ram", ram.ListAccessKeysRequest(user_name="app.prod")),
    ("CreateAccessKey", "ram", ram.CreateAccessKeyRequest(user_name="app.prod")),
    ("UpdateAccessKey", "ram", ram.UpdateAccessKeyRequest(user_name="app.prod", user_access_key_id="LTAI5tOld",
                                                          status="Inactive")),
    ("DeleteAccessKey", "ram", ram.DeleteAccessKeyRequest(user_name="app.prod", user_access_key_id="LTAI5tOld")),
    ("RunCommand", "ecs", ecs.RunCommandRequest(region_id="cn-hangzhou", name="strongroom-rotation", type="RunShellScript",
                                                command_content=CONTENT, content_encoding="Base64", instance_id=["i-1"],
                                                timeout=60, client_token=NONCE)),
    ("DescribeInvocationResults", "ecs", ecs.DescribeInvocationResultsRequest(region_id="cn-hangzhou", invoke_id="t-1",
                                                                              instance_id="i-1", content_encoding="PlainText")),
]
CLIENTS = {"rds": rds_client, "ram": ram_client, "ecs": ecs_client}


class Recorder(socketserver.StreamRequestHandler):
    seen = []

    def handle(self):
        line = self.rfile.readline().decode("ascii").rstrip("\r\n")
        headers = {}
        while (field := self.rfile.readline().decode("ascii").rstrip("\r\n")):
            name, value = field.split(":", 1)
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0"))).decode("utf-8")
        self.seen.append({"line": line, "headers": headers, "body": body})
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")


def snake(action):
    text = action.replace("DBInstance", "Dbinstance")
    return "".join("_" + c.lower() if c.isupper() else c for c in text).lstrip("_")


def main():
    Utils.get_nonce = staticmethod(lambda: NONCE)
    Utils.get_timestamp = staticmethod(lambda *_: DATE)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"127.0.0.1:{server.server_address[1]}"
        recorded = []
        for action, product, request in CALLS:
            # A Host field that does not differ from run to run.
            name = f"{product}.example.com"
            config = Config(access_key_id=KEY_ID, access_key_secret=KEY_SECRET, endpoint=name, protocol="http", region_id="cn-hangzhou",
                            http_proxy=f"http://{host}")
            getattr(CLIENTS[product].Client(config), snake(action))(request)
            one = Recorder.seen.pop()
            one["line"] = one["line"].replace(f"http://{name}", "")
            signed = one["headers"]["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
            recorded.append({"product": product, "action": action, "line": one["line"], "body": one["body"],
                             "signed": {key: one["headers"][key] for key in signed},
                             "authorization": one["headers"]["authorization"]})
        server.shutdown()
    os.makedirs(os.path.dirname(OUT), exist_ok=True)
    with open(OUT, "w", encoding="utf-8") as out:
        json.dump({"key_id": KEY_ID, "key_secret": KEY_SECRET, "nonce": NONCE, "date": DATE, "password": PASSWORD,
                   "content": CONTENT, "requests": recorded}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
