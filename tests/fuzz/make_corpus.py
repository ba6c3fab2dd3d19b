#!/usr/bin/env python3
"""Writes the first seeds of each target's corpus: recorded requests of real clients and small samples of each format.

Usage: make_corpus.py   (run where it lies; overwrites the files it wrote before, leaves findings alone)
"""

import base64
import glob
import json
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
CAPTURES = os.path.join(HERE, "..", "vectors", "openapi-signatures")


def write(target, name, content):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "seed-" + name), "wb") as file:
        file.write(content)


def records():
    for path in sorted(glob.glob(os.path.join(CAPTURES, "*.json"))):
        with open(path, encoding="utf-8") as file:
            for record in json.load(file)["requests"]:
                yield os.path.basename(path)[5:20], record


def requests():
    for number, (client, record) in enumerate(records()):
        body = base64.b64decode(record["bodyBase64"])
        path, _, query = record["path"].partition("?")
        headers = [(name, value) for name, value in record["rawHeaders"]]
        name = f"{number:02}-{client}"
        head = f"{record['method']} {record['path']} HTTP/1.1\r\n"
        head += "".join(f"{key}: {value}\r\n" for key, value in headers) + "\r\n"
        chunked = any(key.lower() == "transfer-encoding" for key, _ in headers)
        wire = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked and body else b"0\r\n\r\n" if chunked else body
        write("http_stream", name, b"\x03\x07\x31\x00" + head.encode("latin1") + wire)
        authorization = dict((key.lower(), value) for key, value in headers).get("authorization", "")
        if authorization.startswith("ACS"):
            lines = "".join(f"{key}:{value}\n" for key, value in headers)
            write("acs3_headers", name, query.encode("latin1") + b"\n" + lines.encode("latin1") + b"\n" + body)
        elif "Signature" in query or b"Signature" in body:
            write("openapi_form", name, query.encode("latin1") + b"\n" + body)
        if body.startswith(b"{"):
            write("json_body", name, body)


ACTIONS = ("Encrypt Decrypt Sign Verify GenerateRandom GenerateDataKey GetPublicKey GetSecretValue AdvanceEncrypt AdvanceDecrypt "
           "AdvanceGenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext AdvanceGenerateDataKeyPair "
           "AdvanceGenerateDataKeyPairWithoutPlaintext").split()


def instance():
    """Recorded requests of the Instance API, and the client key that signed them."""
    folder = os.path.join(HERE, "..", "vectors", "instance-api")
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        recorded = json.load(file)
    for number, record in enumerate(recorded):
        headers = {key.lower(): value for key, value in record["headers"]}
        action = headers.get("x-kms-apiname", "")
        if action not in ACTIONS:
            continue
        body = bytes.fromhex(record["body_hex"])
        lines = "".join(f"{key}:{value}\n" for key, value in headers.items())
        write("instance_headers", f"{number:02}-{action}", lines.encode() + b"\n" + body)
        write("instance_messages", f"{number:02}-{action}", bytes([ACTIONS.index(action)]) + body)
    with open(os.path.join(folder, "clientKey.json"), encoding="utf-8") as file:
        der = base64.b64decode(json.load(file)["PrivateKeyData"])
    write("client_key_file", "recorded", b"Testpass123\n" + der)
    write("client_key_file", "wrong-password", b"Testpass124\n" + der)
    write("client_key_file", "cut", b"Testpass123\n" + der[:900])
    write("client_key_file", "no-mac", b"Testpass123\n" + der[:-70])


def http():
    samples = {
        "pipelined": b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b?c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "chunked": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
        "both-lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "two-lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "length-list": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n\r\nabc",
        "folded": b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
        "bare-lf": b"GET / HTTP/1.1\nHost: a\n\n",
        "absolute": b"GET http://a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n",
        "expect": b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "old": b"GET / HTTP/1.0\r\n\r\n",
    }
    for name, sample in samples.items():
        write("http_stream", name, b"\x05\x00\x01\x02\x03\x0a" + sample)


def texts():
    rpc = ("AccessKeyId=a&Action=GetSecretValue&SignatureMethod=HMAC-SHA1&Signature=c2ln&Timestamp=t&Version=2016-01-20"
           "&SecretData=%e4%b8%ad+x%2B&Tag.1.Key=&SignatureType=")
    write("openapi_form", "hard", rpc.encode())
    write("openapi_form", "form", b"Version=2015-04-01&Action=AssumeRoleWithOIDC\nOIDCToken=a.b.c&Format=XML")
    write("openapi_form", "twice", rpc.encode() + b"\nAction=GetSecretValue&SecretData=other")
    for name, body in {
        "scalars": '{"a":"x","b":-1.5e3,"c":true,"d":null,"e":false}', "escapes": r'{"\u0061":"\"\\\/\b\f\n\r\t\u4e2d\ud83d\ude00"}',
        "nested": '{"a":{"b":[1]}}', "twice": '{"a":"1","a":"1"}', "empty": "{}", "blanks": ' \n{ "a" : "b" , "c":1 } \t',
        "trailing": '{"a":1}{"b":2}', "cut": '{"a":"x', "big": '{"a":123456789012345678901234567890}',
    }.items():
        write("json_body", name, body.encode())
    for name, text in {"plain": "a" * 70, "mixed": 'ab"c\\d<e>&\'\x01\x7f\r\n', "wide": "中文😀" * 9}.items():
        write("escape", name, text.encode())
    write("escape", "broken", b"\xc3(\xed\xa0\x80\xf0\x9f\x98\xff\xc0\xaf\xef\xbf\xbf")
    write("canary", "harmless", b"bird")
    write("canary", "bug", b"canary")


def stored():
    header = b"\x01" + bytes(36)
    write("stored_records", "header", b"\x00" + header)
    for number in range(5):
        write("stored_records", f"zeros-{number}", bytes([number]) + bytes(160))


def audit():
    entry = b'{"time":"2026-11-22T00:00:00Z","action":"GetSecretValue"}'
    write("audit_files", "volume", b"\x00" + struct.pack(">I", len(entry)) + entry + struct.pack(">I", 99) + b"cut")
    write("audit_files", "spool", b"\x01" + struct.pack(">I", len(entry)) + bytes(32) + entry)
    root = base64.b64encode(bytes(32))
    write("audit_files", "checkpoint", b"\x03strongroom/x\n7\n" + root + b"\n")
    write("audit_files", "proof", b"\x04c2sp.org/tlog-proof@v1\nextra " + base64.b64encode(entry) + b"\nindex 1\n" + root
          + b"\n\nstrongroom/x\n7\n" + root + b"\n\n\xe2\x80\x94 strongroom/x AAAA\n")
    write("audit_files", "key", b"\x05strongroom/x+01234567+" + base64.b64encode(b"\x01" + bytes(32)))
    write("audit_files", "resume", b"\x02strongroom/x\n")


def policies():
    statement = b'{"Version":"1","Statement":[{"Effect":"Allow","Action":["kms:Get*"],"Resource":"*"%s}]}'
    who = b',"Principal":{"RAM":["acs:ram::1000000000000001:user/bob","acs:ram::1000000000000001:*"]}'
    conditions = (b',"Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/8","::1"]},"DateLessThan":{"acs:CurrentTime":'
                  b'"2026-01-01T08:00:00+08:00"},"StringNotLike":{"kms:tag/a":"b*"},"NumericEquals":{"x":"-1.5"},"Bool":{"y":true}}')
    trust = (b'{"Version":"1","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":["ecs.aliyuncs.com"],'
             b'"Federated":"acs:ram::1000000000000001:oidc-provider/ack"},"Condition":{"StringEquals":{"oidc:aud":"a"}}}}')
    for name, kind, text in (
            ("identity", 0, statement % conditions), ("trust", 1, trust), ("resource", 2, statement % who),
            ("session", 3, statement % b""), ("not", 0, (statement % b"").replace(b"Action", b"NotAction").replace(b"Resource", b"NotResource")),
            ("nested", 0, b'{"Version":"1","Statement":' + b"[" * 40), ("twice", 0, statement % b',"Effect":"Deny"')):
        write("policy_document", name, bytes([kind]) + text)
    for name, kind, wanted, given in (
            ("v4", 0, "10.0.0.0/8", "10.1.2.3"), ("mapped", 0, "10.0.0.0/8", "::ffff:10.1.2.3"), ("v6", 0, "2001:db8::/33", "2001:db8:8000::"),
            ("all", 0, "0.0.0.0/0", "255.255.255.255"), ("bad", 0, "10.0.0.0/33", "10.0.0.1"),
            ("user", 1, "acs:ram::1000000000000001:user/bob", "acs:ram::1000000000000001:user/bob"),
            ("role", 1, "acs:ram::1000000000000001:role/app", "acs:ram::1000000000000001:assumed-role/app/s"),
            ("other", 1, "acs:ram::1000000000000001:*", "acs:ram::1000000000000002:user/bob"),
            ("arn", 2, "acs:kms:cn-hangzhou:1000000000000001:secret/a:b/c", ""), ("short-arn", 2, "acs:kms:", "")):
        write("policy_values", name, bytes([kind]) + wanted.encode() + b"\n" + given.encode())


requests()
http()
texts()
stored()
audit()


def keys():
    """Public test keys of the vectors; forms of the blobs."""
    for name in ("ecdsa_secp256r1_sha256_test", "ecdsa_secp256k1_sha256_test", "rsa_pss_2048_sha256_mgf1_32_test"):
        with open(os.path.join(HERE, "..", "vectors", "wycheproof", name + ".json"), encoding="utf-8") as file:
            group = json.load(file)["testGroups"][0]
        write("key_pairs", "spki-" + name[:14], b"\x01" + bytes.fromhex(group["publicKeyDer"]))
        write("key_pairs", "pem-" + name[:14], b"\x02" + group["publicKeyPem"].encode())
    with open(os.path.join(HERE, "..", "vectors", "wycheproof", "rsa_oaep_2048_sha1_mgf1sha1_test.json"), encoding="utf-8") as file:
        write("key_pairs", "pkcs8-rsa", b"\x00" + bytes.fromhex(json.load(file)["testGroups"][0]["privateKeyPkcs8"]))
    blob = b"0f8fad5b-d9cb-469f-a165-70867728950e" + bytes(12) + b"SRMK\x01" + bytes(60)
    write("key_blobs", "blob", b"\x00" + blob)
    write("key_blobs", "advance", b"\x00\x24\x00\x02" + blob)
    write("key_blobs", "token", b"\x01KME\x01\x01" + bytes(150))
    write("key_blobs", "context", b"\x02a\n1\nb\n2\n")
    write("key_blobs", "sm2-plain", b"\x03\x04" + bytes(120))
    write("key_blobs", "sm2-der", b"\x03" + bytes.fromhex("300c020101020102040004020000"))


keys()
policies()
instance()
