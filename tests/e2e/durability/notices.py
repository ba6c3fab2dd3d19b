"""Notices over TLS to a webhook, a robot and a mail server; retries; events through CloudMonitor's query."""

import base64
import functools
import hashlib
import hmac
import http.server
import json
import os
import socket
import ssl
import tempfile
import threading
import time
import urllib.parse

from strongroom_e2e import waiting
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.sinks import certificate
from strongroom_e2e.wire import Wire

OWN = "2026-11-01"
CMS = "2019-01-01"
WAIT_SECONDS = 30
until = functools.partial(waiting.until, seconds=WAIT_SECONDS)

suite = Suite("notices")
taken, mails, logins = [], [], []
mechanism = [b"LOGIN PLAIN"]
USER, PASSWORD = b"kms-notices", b"pass word+/=&"
ROBOT_SECRET = "SECof-the-robot"
down, held = threading.Event(), threading.Event()
held.set()


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if down.is_set():
            self.send_response(503)
            self.end_headers()
            return
        taken.append((self.path, dict(self.headers), body))
        held.wait(WAIT_SECONDS)
        answer = b'{"errcode":0}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def mail_server(context):
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)

    def one(connection):
        with connection, connection.makefile("rwb") as lines:
            def say(text):
                lines.write(text + b"\r\n")
                lines.flush()
            say(b"220 here")
            data, letter, said = False, [], []
            for line in lines:
                line = line.rstrip(b"\r\n")
                if line.startswith(b"EHLO"):
                    say(b"250-here")
                    say(b"250-SIZE 1000000")
                    say(b"250 AUTH " + mechanism[0])
                elif line.startswith(b"AUTH"):
                    said = [line]
                    say(b"334 " + (b"VXNlcm5hbWU6" if line == b"AUTH LOGIN" else b""))
                elif said and len(said) < (3 if said[0] == b"AUTH LOGIN" else 2):
                    said.append(line)
                    whole = len(said) == (3 if said[0] == b"AUTH LOGIN" else 2)
                    if whole:
                        words = b"\0".join(base64.b64decode(one) for one in said[1:]).lstrip(b"\0")
                        logins.append(words.split(b"\0"))
                        say(b"235 welcome" if logins[-1] == [USER, PASSWORD] else b"535 5.7.8 who are you")
                    else:
                        say(b"334 UGFzc3dvcmQ6")
                elif data and line == b".":
                    mails.append(b"\n".join(letter).decode())
                    data = False
                    say(b"250 taken")
                elif data:
                    letter.append(line)
                elif line.startswith(b"DATA"):
                    data = True
                    say(b"354 go on")
                elif line.startswith(b"QUIT"):
                    say(b"221 bye")
                    return
                else:
                    say(b"250 yes")

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener


def notices_of(names):
    """The notice ids that came for each secret, repeats included."""
    found = {}
    for path, headers, body in list(taken):
        event = json.loads(body) if path.startswith("/hook") else {}
        if event.get("instanceName") in names and event["name"] == "Secret:DeleteSecret:Success":
            found.setdefault(event["instanceName"], []).append(headers["X-Strongroom-Notice-Id"])
    return found


def list_targets(server):
    return [one for one in Wire.from_env(server.env).ok("ListNotifyTargets", {}, version=OWN)["Targets"] if one["Name"] == "hook"]


with tempfile.TemporaryDirectory() as folder:
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    hooks.socket = context.wrap_socket(hooks.socket, server_side=True)
    threading.Thread(target=hooks.serve_forever, daemon=True).start()
    mail = mail_server(context)
    base = f"https://localhost:{hooks.server_address[1]}"
    arguments = ["--set", f"notify.ca_file={cert}", "--set", "notify.private_hosts=localhost"]
    with Server(arguments=arguments) as server:
        wire = Wire.from_env(server.env)

        def own(action, **parameters):
            return wire.ok(action, parameters, version=OWN)

        signing = own("AddNotifyTarget", Name="hook", Address=base + "/hook?a=b", Events="Secret:")["SigningKey"]
        own("AddNotifyTarget", Name="robot", Address=base + "/robot?access_token=t", Kind="dingtalk", Events="Notify:")
        own("AddNotifyTarget", Name="mail", Address="ops@example.com", Kind="mail", Sender="kms@example.com",
            Relay=f"localhost:{mail.getsockname()[1]}", Events="Notify:")
        with suite.case("TestNotifyTarget", "a webhook's signature"):
            own("TestNotifyTarget", Name="hook")
            until(lambda: any(p == "/hook?a=b" for p, _, _ in taken), "the test")
            until(lambda: own("ListNotifyTargets")["Targets"][0]["Waiting"] == 0, "the end of it")
            _, headers, body = next(one for one in taken if one[0] == "/hook?a=b")
            mac = hmac.new(signing.encode(), headers["X-Strongroom-Timestamp"].encode() + b"." + body, hashlib.sha256)
            equal(headers["X-Strongroom-Signature"], "v1=" + mac.hexdigest())
            event = json.loads(body)
            equal((event["product"], event["name"], event["ver"]), ("KMS", "Notify:Test:Success", "1.0"))
            equal(event["content"]["eventId"], headers["X-Strongroom-Notice-Id"])
        with suite.case("TestNotifyTarget", "a robot and a mail"):
            own("TestNotifyTarget", Name="robot")
            own("TestNotifyTarget", Name="mail")
            until(lambda: any(p.startswith("/robot") for p, _, _ in taken) and mails, "robot and mail")
            message = json.loads(next(b for p, _, b in taken if p.startswith("/robot")))
            equal(message["msgtype"], "markdown")
            assert "Subject: [INFO] Notify:Test:Success mail" in mails[0], mails[0]
        with suite.case("TestNotifyTarget", "a robot's signature"):
            own("AddNotifyTarget", Name="signed", Address=base + "/signed?access_token=t", Kind="dingtalk", Events="Notify:",
                Secret=ROBOT_SECRET)
            own("TestNotifyTarget", Name="signed")
            until(lambda: any(p.startswith("/signed") for p, _, _ in taken), "the signed one")
            query = urllib.parse.parse_qs(next(p for p, _, _ in taken if p.startswith("/signed")).partition("?")[2])
            timestamp = query["timestamp"][0]
            mac = hmac.new(ROBOT_SECRET.encode(), f"{timestamp}\n{ROBOT_SECRET}".encode(), hashlib.sha256).digest()
            equal(query["sign"], [base64.b64encode(mac).decode()])
            assert abs(int(timestamp) / 1000 - time.time()) < 60
            assert ROBOT_SECRET not in json.dumps(own("ListNotifyTargets"))
        for offered in (b"LOGIN PLAIN", b"LOGIN"):
            with suite.case("TestNotifyTarget", f"a mail server that wants a password, {offered.decode()}"):
                mechanism[0] = offered
                before, name = len(mails), "relay" + offered.decode().replace(" ", "")
                own("AddNotifyTarget", Name=name, Address="ops@example.com", Kind="mail", Sender="kms@example.com",
                    Relay=f"localhost:{mail.getsockname()[1]}", Events="Notify:", User=USER.decode(), Secret=PASSWORD.decode())
                own("TestNotifyTarget", Name=name)
                until(lambda: len(mails) > before, "the mail")
                equal(logins[-1], [USER, PASSWORD])
        with suite.case("AddNotifyTarget", "a user without a password, a secret for a webhook"):
            for wrong in ({"Kind": "mail", "Address": "a@example.com", "Sender": "a@example.com", "Relay": "localhost", "User": "u"},
                          {"Address": base + "/x", "Secret": "s"}):
                answer = wire.acs3("AddNotifyTarget", {"Name": "wrong", **wrong}, version=OWN)
                equal((answer.status, answer.json["Code"]), (400, "InvalidParameter"))
        with suite.case("-", "neither lies in clear anywhere"):
            for root, _, files in os.walk(server.work):
                for file in files:
                    with open(os.path.join(root, file), "rb") as content:
                        found = content.read()
                    assert ROBOT_SECRET.encode() not in found and PASSWORD not in found, file
        with suite.case("DescribeSystemEventAttribute", "an event, and its notice"):
            wire.ok("CreateSecret", {"SecretName": "gone", "VersionId": "v1", "SecretData": "x"})
            wire.ok("DeleteSecret", {"SecretName": "gone", "ForceDeleteWithoutRecovery": "true"})
            until(lambda: any(b'"Secret:DeleteSecret:Success"' in b for _, _, b in taken), "the notice")
            found = wire.ok("DescribeSystemEventAttribute", {"Product": "KMS", "Name": "Secret:DeleteSecret:Success"},
                            version=CMS)
            event = found["SystemEvents"]["SystemEvent"][0]
            equal((found["Success"], event["Level"], event["InstanceName"]), ("true", "WARN", "gone"))
            notice = json.loads(next(b for _, _, b in taken if b'"Secret:DeleteSecret:Success"' in b))
            equal(json.loads(event["Content"])["eventId"], notice["content"]["eventId"])
        with suite.case("TestNotifyTarget", "a target that is down gets it later"):
            down.set()
            own("TestNotifyTarget", Name="robot")
            until(lambda: any(t["LastError"] for t in own("ListNotifyTargets")["Targets"]), "the failure")
            before = len(taken)
            down.clear()
            until(lambda: len(taken) > before, "the second attempt")
            until(lambda: all(t["Waiting"] == 0 for t in own("ListNotifyTargets")["Targets"]), "the end of it")
            equal(len(taken), before + 1)
        with suite.case("AddNotifyTarget", "an address inside is refused"):
            own("AddNotifyTarget", Name="inside", Address=f"https://127.0.0.1:{hooks.server_address[1]}/x")
            before = len(taken)
            own("TestNotifyTarget", Name="inside")
            until(lambda: any(t["Name"] == "inside" and t["LastError"] for t in own("ListNotifyTargets")["Targets"]),
                  "the refusal")
            equal(len(taken), before)
        with suite.case("-", "kill -9 between commit and delivery: none is lost, one that comes twice has the same id"):
            held.clear()
            gone = [f"gone-{number}" for number in range(8)]
            for name in gone:
                wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "x"})
                wire.ok("DeleteSecret", {"SecretName": name, "ForceDeleteWithoutRecovery": "true"})
            until(lambda: notices_of(gone), "the first of them")
            server.kill()
            held.set()
            server.start()
            until(lambda: set(notices_of(gone)) == set(gone), "all of them")
            until(lambda: all(t["Waiting"] == 0 for t in list_targets(server)), "the end of it")
            sent = notices_of(gone)
            twice = {name for name in gone if len(sent[name]) > 1}
            assert twice, "nothing was under way when the server was killed"
            equal([name for name in gone if len(set(sent[name])) != 1], [], "notices with two ids")
    hooks.shutdown()
    mail.close()

suite.finish()
