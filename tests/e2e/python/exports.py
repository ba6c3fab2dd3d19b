"""The audit log on its way out: syslog, HTTPS, the log service; through kill -9, places that are stuck or down."""

import base64
import functools
import hashlib
import hmac
import json
import os
import shutil
import ssl
import tempfile
import threading
import time
import urllib.request

import zstd
from aliyun.log import LogClient, LogItem, PutLogsRequest
from aliyun.log.proto import LogGroup
from aliyun.log.util import Util

from strongroom_e2e import audit_log, waiting
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.sinks import HttpSink, SyslogSink, certificate, request_ids
from strongroom_e2e.wire import Wire

WAIT_SECONDS = 60
until = functools.partial(waiting.until, seconds=WAIT_SECONDS)
KEY_ID, SECRET = "LTAI5tExportsTestKey0001", "the-secret-of-the-log-services-key"
READS_WHILE_STUCK = 200
KILLS = 3


class LogStore(HttpSink):
    """Checks each request as the service does, with the official client's own functions."""

    def __init__(self, cert, key):
        super().__init__(cert, key)
        self.requests, self.groups, self.wrong = [], [], []

    def answer(self, path, headers, body):
        self.requests.append((path, dict(headers), body))
        try:
            group = self.checked(path, dict(headers), body)
        except AssertionError as error:
            self.wrong.append(str(error))
            return 401, json.dumps({"errorCode": "SignatureNotMatch", "errorMessage": str(error)}).encode()
        if group:
            self.groups.append(group)
            self.taken += [contents(log)["entry"] for log in group.Logs]
        return 200, b""

    def checked(self, path, headers, body):
        if headers["x-log-signaturemethod"] == "hmac-sha1":  # the official client's, for comparison
            return None
        equal(headers["Content-MD5"], Util.cal_md5(body))
        text = "\n".join(["POST", headers["Content-MD5"], headers["Content-Type"], headers["Date"], ""])
        text += Util.canonicalized_log_headers(headers) + Util.canonicalized_resource(path, {})
        mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
        equal(headers["Authorization"], f"LOG {KEY_ID}:{base64.b64encode(mac).decode()}")
        raw = zstd.decompress(body)
        equal(str(len(raw)), headers["x-log-bodyrawsize"])
        group = LogGroup()
        group.ParseFromString(raw)
        equal(group.SerializeToString(), raw)
        return group


def contents(log):
    return {content.Key: content.Value for content in log.Contents}


suite = Suite("exports")
folder = tempfile.mkdtemp(prefix="strongroom-exports-")
cert, key = certificate(folder)
key_file = os.path.join(folder, "sls-key")
with open(key_file, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
    out.write(f"{KEY_ID} {SECRET}\n")
syslog, https, store = SyslogSink(cert, key), HttpSink(cert, key), LogStore(cert, key)
SINKS = {"syslog": syslog, "https": https, "sls": store}
os.environ.update({"STRONGROOM_AUDIT_EXPORT_SYSLOG": syslog.place,
                   "STRONGROOM_AUDIT_EXPORT_HTTPS": f"https://{https.place}/batches",
                   "STRONGROOM_AUDIT_EXPORT_SLS": f"{store.place}/kms_audit", "STRONGROOM_AUDIT_SLS_ACCESS_KEY_FILE": key_file,
                   "STRONGROOM_NOTIFY_CA_FILE": cert, "STRONGROOM_NOTIFY_PRIVATE_HOSTS": "localhost"})
asked = []  # request ids of calls that were answered


def read(wire):
    asked.append(wire.ok("GetSecretValue", {"SecretName": "exported"})["RequestId"])


def lag(server, place):
    context = ssl.create_default_context(cafile=server.env["STRONGROOM_CA_FILE"])
    with urllib.request.urlopen(server.env["STRONGROOM_METRICS_URL"], timeout=10, context=context) as answer:
        lines = answer.read().decode().splitlines()
    return int(next(line for line in lines if line.startswith(f'strongroom_audit_export_lag_entries{{place="{place}"}}')).split()[-1])


def everything_is_there(server):
    """Each entry of the log in each place, the first of each in the log's order, and each answered call among them."""
    time.sleep(0.5)
    entries = [json.dumps(entry, sort_keys=True) for entry in audit_log.entries(server.data)]
    number = {text: at for at, text in enumerate(entries)}
    for name, sink in SINKS.items():
        until(lambda: len(set(sink.taken)) >= len(entries), f"everything in {name}")
        came = [number[json.dumps(json.loads(text), sort_keys=True)] for text in list(sink.taken)
                if json.dumps(json.loads(text), sort_keys=True) in number]
        firsts = list(dict.fromkeys(came))
        equal(firsts[:len(entries)], list(range(len(entries))), f"order in {name}")
        missing = set(asked) - request_ids(sink.taken)
        assert not missing, f"{name}: {len(missing)} answered calls did not arrive"


def load(server, stop):
    """Reads until told to stop; a server that is killed meanwhile ends it."""
    wire = Wire.from_env(server.env)
    try:
        while not stop.is_set():
            read(wire)
    except (OSError, AssertionError):
        pass


server = Server()
try:
    server.start()
    wire = Wire.from_env(server.env)
    wire.ok("CreateSecret", {"SecretName": "exported", "VersionId": "v1", "SecretData": "value-for-exports"})

    with suite.case("PutLogs", "records as the official client would send them"):
        for _ in range(5):
            read(wire)
        everything_is_there(server)
        equal(store.wrong, [])
        path, headers, body = store.requests[-1]
        sent = store.groups[-1]
        equal((path, headers["x-log-compresstype"]), ("/logstores/kms_audit/shards/lb", "zstd"))
        record = contents(next(log for group in store.groups for log in group.Logs if contents(log)["request_id"] == asked[0]))
        equal((record["api_name"], record["resource_id"], record["status_code"]), ("GetSecretValue", "exported", "200"))
        equal(json.loads(record["entry"])["request_id"], asked[0])
        # The same records through the official client, to the same place.
        os.environ["REQUESTS_CA_BUNDLE"] = cert
        items = []
        for log in sent.Logs:
            items.append(LogItem(timestamp=log.Time, contents=[(c.Key, c.Value) for c in log.Contents]))
            items[-1].set_time_nano_part(log.Time_ns)
        LogClient(f"https://{store.place}", KEY_ID, SECRET).put_logs(PutLogsRequest(
            "", "kms_audit", sent.Topic, sent.Source, items, compress=True, compress_type="zstd"))
        their_path, their_headers, their_body = store.requests[-1]
        equal(their_path, path)
        equal(zstd.decompress(body), zstd.decompress(their_body))
        names = {name.lower() for name in headers} - {"connection"}
        assert names <= {name.lower() for name in their_headers}, names
        assert b"value-for-exports" not in repr([sink.taken for sink in SINKS.values()]).encode()

    with suite.case("-", "a message of syslog is RFC 5424 in the frame of RFC 5425"):
        priority, _, host, program, process, kind, data, entry = syslog.frames[0].split(" ", 7)
        equal((priority, host, program, process, kind, data), ("<110>1", "-", "strongroom", "-", "audit", "-"))
        assert "action" in json.loads(entry)

    with suite.case("-", "a place that refuses is given the batch again; the lag is seen"):
        store.refuses = True
        for _ in range(5):
            read(wire)
        until(lambda: lag(server, "sls") >= 5, "the lag")
        until(lambda: set(asked) <= request_ids(https.taken), "the other places go on")
        store.refuses = False
        everything_is_there(server)
        until(lambda: all(lag(server, name) <= 1 for name in SINKS), "no lag")

    with suite.case("-", "kill -9 in the middle loses nothing that was answered"):
        for sink in SINKS.values():
            sink.delay = 0.05
        for _ in range(KILLS):
            stop = threading.Event()
            thread = threading.Thread(target=load, args=(server, stop))
            before = len(asked)
            thread.start()
            until(lambda: len(asked) > before + 100, "reads")
            server.kill()
            stop.set()
            thread.join()
            server.start()
        wire = Wire.from_env(server.env)
        for sink in SINKS.values():
            sink.delay = 0.0
        everything_is_there(server)

    with suite.case("-", "places that are stuck stop no read"):
        for sink in SINKS.values():
            sink.free.clear()
        read(wire)
        time.sleep(1.5)  # each export is in the middle of a batch now
        for _ in range(READS_WHILE_STUCK):
            read(wire)
        for name in SINKS:
            assert lag(server, name) >= 1, name
        for sink in SINKS.values():
            sink.free.set()
        everything_is_there(server)
finally:
    server.kill()
    for sink in SINKS.values():
        sink.close()
    shutil.rmtree(server.work, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)

suite.finish()
