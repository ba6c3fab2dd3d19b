"""Runs a rotation handler as a program, behind HTTPS, or in Function Compute's custom runtime. Standard library only.

    from strongroom_function import Refused, run
    def handler(event): ...        # the event in, the answer's members out (docs/functions.md)
    run(handler)

As a program: the step is the only argument, the event is standard input, the answer standard output. Else it serves
POST /invoke: with FUNCTION_CERT and FUNCTION_CERT_KEY over TLS, where every request must be signed with the key in
FUNCTION_KEY_FILE; without them over plain HTTP, as Function Compute's custom runtime wants it.
"""

import hashlib
import hmac
import http.server
import json
import os
import ssl
import sys
import time

BODY_BYTES_MAX = 512 << 10
SIGNED_MILLIS_AGO_MAX = 5 * 60 * 1000


class Refused(Exception):
    """Ends a step with one of the protocol's statuses instead of done."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.answer = {"Status": status, "Code": code, "Message": message}


def answer_to(handler, body):
    try:
        return {"Status": "done", **(handler(json.loads(body)) or {})}
    except Refused as refused:
        return refused.answer
    except Exception as error:  # whatever it was, it may have happened: the step is asked again
        return {"Status": "ambiguous", "Code": type(error).__name__, "Message": "The function failed; see its log."}


def signed(headers, path, body, key):
    timestamp = headers.get("X-Strongroom-Timestamp", "")
    expected = "v1=" + hmac.new(key, b"\n".join((timestamp.encode(), path.encode(), body)), hashlib.sha256).hexdigest()
    fresh = timestamp.isdigit() and abs(time.time() * 1000 - int(timestamp)) < SIGNED_MILLIS_AGO_MAX
    return fresh and hmac.compare_digest(expected, headers.get("X-Strongroom-Signature", ""))


def server_for(handler, key):
    class Invoke(http.server.BaseHTTPRequestHandler):
        timeout = 30

        def do_POST(self):
            length = int(self.headers.get("Content-Length", "0"))
            if self.path != "/invoke" or length > BODY_BYTES_MAX:
                return self.reply(404, {})
            body = self.rfile.read(length)
            if key is not None and not signed(self.headers, self.path, body, key):
                return self.reply(401, {})
            return self.reply(200, answer_to(handler, body))

        def reply(self, status, answer):
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if status == 200:
                self.send_header("x-fc-status", "200")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass  # never a header or a body

    return Invoke


def serve(handler):
    secured = "FUNCTION_CERT" in os.environ
    key = open(os.environ["FUNCTION_KEY_FILE"], "rb").read().strip() if secured else None
    place = (os.environ.get("FUNCTION_HOST", "0.0.0.0"), int(os.environ.get("FUNCTION_PORT", "9000")))
    server = http.server.ThreadingHTTPServer(place, server_for(handler, key))
    if secured:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(os.environ["FUNCTION_CERT"], os.environ["FUNCTION_CERT_KEY"])
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    server.serve_forever()


def run(handler):
    if len(sys.argv) > 1:
        print(json.dumps(answer_to(handler, sys.stdin.buffer.read())))
    else:
        serve(handler)
