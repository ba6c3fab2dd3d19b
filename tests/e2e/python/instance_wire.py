"""A hand-written client of the Instance API: signs, sends and shows exactly what was said on the wire, right or wrong."""

import base64
import hashlib
import http.client
import json
import socket
import ssl
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12


def varint(number):
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def message(fields):
    """{1: "text", 3: 7} as protobuf."""
    out = b""
    for number, value in sorted(fields.items()):
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            data = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(data)) + data
    return out


def parsed(data):
    """The last value of each field: bytes, or a number."""
    def take(at):
        value = shift = 0
        while True:
            value |= (data[at] & 0x7F) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                return value, at
    fields, at = {}, 0
    while at < len(data):
        tag, at = take(at)
        value, at = take(at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        fields[tag >> 3] = value
    return fields


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.fields = parsed(body)

    @property
    def code(self):
        return self.fields.get(2, b"").decode() if self.status >= 400 else ""

    @property
    def text(self):
        return self.fields.get(3, b"").decode()

    def request_id(self, field=4):
        return self.fields[field].decode()


class NamedConnection(http.client.HTTPSConnection):
    """To an address, under a name that no resolver knows."""

    def __init__(self, name, at, context):
        super().__init__(name, at[1], timeout=20, context=context)
        self.at = at

    def connect(self):
        self.sock = self._context.wrap_socket(socket.create_connection(self.at, self.timeout), server_hostname=self.host)


class InstanceWire:
    """`at`: the address of `endpoint`'s name."""

    def __init__(self, endpoint, ca_file, client_key, source=None, at=None):
        content = json.loads(client_key.content)
        self.key_id = content["KeyId"]
        self.private = pkcs12.load_key_and_certificates(base64.b64decode(content["PrivateKeyData"]),
                                                        client_key.password.encode())[0]
        self.host, port = endpoint.rsplit(":", 1)
        self.port = int(port)
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.source = source
        self.at = at

    def head(self, action, body, extra=None, drop=()):
        headers = {"accept": "application/x-protobuf", "content-type": "application/x-protobuf",
                   "content-sha256": hashlib.sha256(body).hexdigest().upper(),
                   "date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), "x-kms-apiversion": "dkms-gcs-0.2",
                   "x-kms-apiname": action, "x-kms-signaturemethod": "RSA_PKCS1_SHA_256", "x-kms-acccesskeyid": self.key_id}
        headers.update(extra or {})
        return {name: value for name, value in headers.items() if name not in drop}

    def sign(self, headers, method="POST"):
        lines = [method] + [headers.get(name, "") for name in ("content-sha256", "content-type", "date")]
        lines += [f"{name}:{headers[name].strip()}" for name in sorted(headers) if name.startswith("x-kms-")]
        return base64.b64encode(self.private.sign("\n".join(lines + ["/"]).encode(), padding.PKCS1v15(), hashes.SHA256())).decode()

    def call(self, action, fields=None, extra=None, drop=(), after=None, scheme="Bearer", path="/"):
        """`extra` is signed, `after` is put over the headers once they are signed."""
        body = fields if isinstance(fields, bytes) else message(fields or {})
        headers = self.head(action, body, extra, drop)
        headers["authorization"] = f"{scheme} {self.sign(headers)}"
        headers.update(after or {})
        headers = {name: value for name, value in headers.items() if value is not None}
        return self.send(headers, body, path)

    def send(self, headers, body, path="/"):
        connection = NamedConnection(self.host, self.at, self.tls) if self.at else http.client.HTTPSConnection(
            self.host, self.port, timeout=20, context=self.tls, source_address=self.source)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def with_new_key(self):
        """The same key id, signed by a key of our own making."""
        self.private = rsa.generate_private_key(65537, 2048)
        return self
