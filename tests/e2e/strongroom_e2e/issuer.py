"""An OIDC issuer on this machine: discovery document, one RSA key, and the tokens it signs."""

import base64
import http.server
import json
import os
import ssl
import subprocess
import threading
import time


def run(*command, **options):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, **options).stdout


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Listens on 127.0.0.1 with a certificate for `host`; port 0: any free one. `ca` is what a server must trust."""

    def __init__(self, work, host, port=0):
        self.key, self.ca = os.path.join(work, "issuer.key"), os.path.join(work, "issuer.pem")
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + host, "-addext",
            "subjectAltName=DNS:" + host, "-keyout", self.key, "-out", self.ca)
        modulus = run("openssl", "rsa", "-in", self.key, "-noout", "-modulus").decode().strip().split("=")[1]
        keys = {"keys": [{"kty": "RSA", "kid": "k1", "use": "sig", "alg": "RS256", "n": b64url(bytes.fromhex(modulus)), "e": "AQAB"}]}
        pages = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                page, body = pages.get(self.path), json.dumps(pages.get(self.path, {})).encode()
                self.send_response(200 if page else 404)
                if self.path == "/keys":  # in pieces, as servers do that make their answers on the way
                    self.send_header("Transfer-Encoding", "chunked")
                    body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:100], body[100:])) + b"0\r\n\r\n"
                else:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"https://{host}:{self.server.server_port}"
        pages["/.well-known/openid-configuration"] = {"issuer": self.url, "jwks_uri": self.url + "/keys"}
        pages["/keys"] = keys
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, self.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def token(self, subject, audience="sts.aliyuncs.com"):
        now = int(time.time())
        head = b64url(json.dumps({"alg": "RS256", "kid": "k1"}).encode())
        body = b64url(json.dumps({"iss": self.url, "sub": subject, "aud": audience, "iat": now, "exp": now + 600}).encode())
        text = f"{head}.{body}"
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True,
                                   capture_output=True).stdout
        return f"{text}.{b64url(signature)}"
