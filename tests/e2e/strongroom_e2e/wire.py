"""A hand-written OpenAPI client: signs, sends and shows exactly what was said on the wire.

It exists beside the official SDKs because the wire suite must be able to send what no SDK sends. References: RPC
signature version 1.0 and ACS3 as the vendor documents them.
"""

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
import urllib.parse
import uuid

KMS = "2016-01-20"
RAM = "2015-05-01"
STS = "2015-04-01"
LOCATION = "2015-06-12"
BSS = "2017-12-14"
FORM = "application/x-www-form-urlencoded"


def encode(text):
    """RFC 3986: only letters, digits and -_.~ stay."""
    return urllib.parse.quote(str(text), safe="-_.~")


def canonical_query(parameters):
    return "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(parameters.items()))


def utc(offset_seconds=0):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + offset_seconds))


def rpc_string_to_sign(method, parameters):
    signed = {k: v for k, v in parameters.items() if k != "Signature"}
    return f"{method}&%2F&{encode(canonical_query(signed))}"


def rpc_signature(secret, string_to_sign, algorithm="HMAC-SHA1"):
    digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(algorithm, hashlib.sha1)
    mac = hmac.new((secret + "&").encode(), string_to_sign.encode(), digest)
    return base64.b64encode(mac.digest()).decode()


def acs3_hash(algorithm, data):
    return hashlib.new("sm3" if algorithm.endswith("SM3") else "sha256", data).hexdigest()


def acs3_mac(algorithm, key, text):
    name = "sm3" if algorithm.endswith("SM3") else "sha256"
    return hmac.new(key.encode(), text.encode(), lambda data=b"": hashlib.new(name, data)).hexdigest()


def acs3_canonical(method, query, headers, signed, payload_hash):
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in signed)
    return "\n".join([method, "/", canonical_query(query), lines, ";".join(signed), payload_hash])


class Answer:
    """Status, headers (lower-case names) and body of one answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        try:
            return self.json.get("Code", "")
        except ValueError:
            return ""

    def __repr__(self):
        return f"{self.status} {self.text[:300]}"


class Wire:
    """One account's view of one server. Not thread-safe: one per thread (a connection is kept)."""

    def __init__(self, endpoint, ca_file, access_key_id, access_key_secret, region="cn-hangzhou"):
        self.host, _, port = endpoint.rpartition(":")
        self.port = int(port)
        self.endpoint = endpoint
        self.access_key_id = access_key_id
        self.access_key_secret = access_key_secret
        self.region = region
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.source = None         # (address, 0): speak from that address of this machine
        self.connection = None
        self.reconnects = True

    @classmethod
    def from_env(cls, env):
        return cls(env["STRONGROOM_ENDPOINT"], env["STRONGROOM_CA_FILE"], env["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                   env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], env["STRONGROOM_REGION"])

    def with_keys(self, access_key_id, access_key_secret):
        copy = Wire.__new__(Wire)
        copy.__dict__.update(self.__dict__)
        copy.access_key_id, copy.access_key_secret, copy.connection = access_key_id, access_key_secret, None
        return copy

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def send(self, method, target, headers=None, body=b"", timeout=30):
        """One request as given. Reconnects once if the kept connection turned out to be closed, unless told not to."""
        for attempt in (1, 2):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPSConnection(self.host.strip("[]"), self.port, timeout=timeout,
                                                              context=self.tls, source_address=self.source)
            try:
                self.connection.request(method, target, body=body or None, headers=headers or {})
                response = self.connection.getresponse()
                data = response.read()
                if response.will_close:
                    self.close()
                return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, data)
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                self.close()
                if fresh or attempt == 2 or not self.reconnects:
                    raise

    def rpc(self, action, parameters=None, *, version=KMS, method="POST", place="query", algorithm="HMAC-SHA1",
            fmt="JSON", common=None, drop=(), secret=None, signature=None, headers=None):
        """RPC v1. `common` overrides common parameters, `drop` leaves some out, `signature` replaces the right one."""
        both = {"Action": action, "Version": version, "Format": fmt, "AccessKeyId": self.access_key_id,
                "SignatureMethod": algorithm, "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
                "Timestamp": utc()}
        both.update(parameters or {})
        both.update(common or {})
        for name in drop:
            both.pop(name, None)
        string = rpc_string_to_sign(method, both)
        if "Signature" not in drop:
            both["Signature"] = signature if signature is not None else rpc_signature(
                self.access_key_secret if secret is None else secret, string, both.get("SignatureMethod", ""))
        self.last_string_to_sign = string
        head = {"Accept": "*/*"}
        head.update(headers or {})
        if place == "query":
            return self.send(method, "/?" + canonical_query(both), head)
        head["Content-Type"] = FORM
        if place == "form":
            return self.send(method, "/", head, urllib.parse.urlencode(both).encode())
        split = {k: both.pop(k) for k in list(parameters or {})}          # place == "mixed": action in form, rest in query
        return self.send(method, "/?" + canonical_query(both), head, urllib.parse.urlencode(split).encode())

    def acs3(self, action, parameters=None, *, version=KMS, method="POST", place="query", algorithm="ACS3-HMAC-SHA256",
             extra=None, drop=(), secret=None, signature=None, unsigned=(), tamper_body=None, order=None):
        """ACS3. `extra` adds headers (signed), `drop` removes them, `unsigned` leaves some out of SignedHeaders."""
        parameters = parameters or {}
        query = parameters if place == "query" else {}
        body, content_type = b"", None
        if place == "form":
            body, content_type = urllib.parse.urlencode(parameters).encode(), FORM
        elif place == "json":
            body = json.dumps(parameters, ensure_ascii=False).encode()
            content_type = "application/json; charset=utf-8"
        payload_hash = acs3_hash(algorithm, body)
        headers = {"host": self.endpoint, "x-acs-action": action, "x-acs-version": version, "x-acs-date": utc(),
                   "x-acs-signature-nonce": uuid.uuid4().hex, "x-acs-content-sha256": payload_hash}
        if content_type:
            headers["content-type"] = content_type
        headers.update(extra or {})
        for name in drop:
            headers.pop(name, None)
        signed = sorted(name for name in headers if name not in unsigned)
        canonical = acs3_canonical(method, query, headers, signed, payload_hash)
        string = f"{algorithm}\n{acs3_hash(algorithm, canonical.encode())}"
        key = self.access_key_secret if secret is None else secret
        mac = signature if signature is not None else acs3_mac(algorithm, key, string)
        fields = {"Credential": self.access_key_id, "SignedHeaders": ";".join(signed), "Signature": mac}
        names = order or ["Credential", "SignedHeaders", "Signature"]
        headers["Authorization"] = f"{algorithm} " + ",".join(f"{name}={fields[name]}" for name in names)
        target = "/" + ("?" + canonical_query(query) if query else "")
        return self.send(method, target, headers, body if tamper_body is None else tamper_body)

    def ok(self, action, parameters=None, **options):
        """The JSON answer of an ACS3 call that must succeed."""
        answer = self.acs3(action, parameters, **options)
        if answer.status != 200:
            raise AssertionError(f"{action}: {answer}")
        return answer.json
