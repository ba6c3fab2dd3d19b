"""Places on loopback that take the audit log: HTTPS batches, a log store, syslog over TLS. Each can be slow, stuck or down."""

import http.server
import json
import os
import socket
import ssl
import subprocess
import threading
import time

STUCK_SECONDS = 60


def certificate(folder):
    """A self-signed one for loopback: (certificate, key)."""
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
                   check=True, capture_output=True)
    return cert, key


class Sink:
    """What arrived, in its order, repeats included: texts of entries."""

    def __init__(self, cert, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.taken = []
        self.free = threading.Event()
        self.free.set()
        self.delay = 0.0
        self.refuses = False

    def pause(self):
        """True if what comes now is to be taken; a stuck place holds the caller."""
        freely = self.free.is_set()
        if not freely:
            self.free.wait(STUCK_SECONDS)
        time.sleep(self.delay)
        return freely and not self.refuses


class HttpSink(Sink):
    def __init__(self, cert, key):
        super().__init__(cert, key)
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.close_connection = True
                status, answer = sink.answer(self.path, self.headers, body) if sink.pause() else (503, b"")
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """A sender that was killed, or one that has stopped waiting."""

            def finish_request(self, request, client_address):
                # Here, in the connection's thread: a handshake that is never ended holds up nobody else.
                with sink.context.wrap_socket(request, server_side=True) as connection:
                    super().finish_request(connection, client_address)

        self.server = Listener(("127.0.0.1", 0), Handler)
        self.place = f"localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, headers, body):
        """Status and body; keeps what it takes."""
        lines = body.decode().splitlines()
        self.taken += lines
        return 200, b"{}"

    def close(self):
        self.free.set()
        self.server.shutdown()


class SyslogSink(Sink):
    """RFC 5425: frames with their length in front. Records are `self.frames`, entries `self.taken`."""

    def __init__(self, cert, key):
        super().__init__(cert, key)
        self.frames = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.place = f"localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(connection,), daemon=True).start()

    def one(self, connection):
        with connection:
            if not self.pause():
                return
            try:
                with self.context.wrap_socket(connection, server_side=True) as tls, tls.makefile("rb") as stream:
                    while self.frame(stream):
                        pass
            except OSError:
                pass

    def frame(self, stream):
        digits = b""
        while not digits.endswith(b" "):
            one = stream.read(1)
            if not one:
                return False
            digits += one
        message = stream.read(int(digits))
        if len(message) != int(digits):
            return False
        self.frames.append(message.decode())
        self.taken.append(message.decode().split(" ", 7)[7])
        return True

    def close(self):
        self.free.set()
        self.listener.close()


def request_ids(texts):
    return {json.loads(text).get("request_id") for text in texts}
