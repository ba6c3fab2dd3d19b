#!/usr/bin/env python3
"""Rotates an API key of a service whose admin API makes, lists and deletes keys. Parameters: url. The privileged secret is the
admin's token; the rotated secret is {"KeyId": ..., "Key": ...}.

Keys are named after the rotation that made them, so every step can be asked twice. The key before stays valid until the next
rotation has finished: whoever read it last has a whole interval to read again."""

import json
import urllib.error
import urllib.request

from strongroom_function import Refused, run

PREFIX = "strongroom-"


def call(event, method, path, token, body=None):
    request = urllib.request.Request(event["Parameters"]["url"] + path, method=method,
                                     data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise Refused("configuration", "AdminRefused", "The service refuses the token.") from None
        raise
    except urllib.error.URLError:
        raise Refused("unreachable", "ServiceUnreachable", "The service does not answer.") from None


def mine(event):
    return [key for key in call(event, "GET", "/keys", event["Privileged"]) if key["name"].startswith(PREFIX)]


def forget(event, unwanted):
    for key in mine(event):
        if unwanted(key):
            call(event, "DELETE", "/keys/" + key["id"], event["Privileged"])


def handler(event):
    step, name = event["Step"], PREFIX + event["RotationId"]
    if step == "check":
        if "Privileged" in event:
            mine(event)
    elif step == "new":
        forget(event, lambda key: key["name"] == name)  # of an attempt whose answer was lost
        made = call(event, "POST", "/keys", event["Privileged"], {"name": name})
        return {"Value": json.dumps({"KeyId": made["id"], "Key": made["key"]})}
    elif step == "set":
        return {"Status": "already_done"}
    elif step == "test":
        call(event, "GET", "/me", json.loads(event["Pending"])["Key"])
    elif step == "finish":
        keep = {json.loads(event[label])["KeyId"] for label in ("Current", "Previous") if label in event}
        forget(event, lambda key: key["id"] not in keep)
    elif step == "abort":
        forget(event, lambda key: key["name"] == name)
    elif step == "probe":
        try:
            call(event, "GET", "/me", json.loads(event["Current"])["Key"])
            return {"Current": "accepted"}
        except Refused as refused:
            if refused.answer["Status"] == "configuration":
                return {"Current": "refused"}
            raise
    return {}


if __name__ == "__main__":
    run(handler)
