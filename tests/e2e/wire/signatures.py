"""Signatures of both schemes, the clock, replay, refusals and 20,000 forgeries. Raw HTTP."""

import os
import random
import re
import uuid

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import KMS, Wire, acs3_hash, canonical_query, rpc_signature, rpc_string_to_sign, utc

FORGERIES = 20000
PER_ADDRESS = 500  # an address that forges more is throttled, which would prove less
suite = Suite("wire")
wire = Wire.from_env(os.environ)
name = f"e2e/sign/{uuid.uuid4().hex[:8]}"
READ = {"SecretName": name}


def refused(answer, code, status=400):
    equal((answer.status, answer.code), (status, code), repr(answer))
    return answer.json["Message"]


def rpc():
    for algorithm in ("HMAC-SHA1", "HMAC-SHA256"):
        for place in ("query", "form", "mixed"):
            with suite.case("GetSecretValue", f"RPC v1 {algorithm} {place}"):
                equal(wire.rpc("GetSecretValue", READ, algorithm=algorithm, place=place).json["SecretData"], "x+ y")
    with suite.case("-", "RPC v1: unknown method, bearer"):
        refused(wire.rpc("GetSecretValue", READ, algorithm="HMAC-MD5"), "InvalidSignatureMethod")
        refused(wire.rpc("GetSecretValue", {**READ, "SignatureType": "BEARERTOKEN", "BearerToken": "x"}),
                "InvalidSignatureMethod")
        refused(wire.send("POST", "/?Action=GetSecretValue&Version=2016-01-20&SignatureType=BEARERTOKEN",
                          {"x-acs-bearer-token": "x", "x-acs-action": "GetSecretValue", "x-acs-version": KMS}),
                "InvalidSignatureMethod")
    with suite.case("-", "RPC v1: wrong signature echoes the string-to-sign, nothing after it"):
        message = refused(wire.rpc("GetSecretValue", READ, secret="wrong"), "SignatureDoesNotMatch")
        assert message.endswith("server string to sign is:" + wire.last_string_to_sign), message
    with suite.case("-", "RPC v1: the echo hides values"):
        for parameter in ("SecretData", "Plaintext", "ExtendedConfig", "Password"):
            message = refused(wire.rpc("PutSecretValue", {**READ, "VersionId": "v", parameter: "sesame-4711"}, secret="wrong"),
                              "SignatureDoesNotMatch")
            assert "4711" not in message and "server string to sign is:" in message, message
    with suite.case("-", "RPC v1: missing common parameters are named"):
        refused(wire.rpc("GetSecretValue", READ, drop=("AccessKeyId",)), "MissingAccessKeyId")
        refused(wire.rpc("GetSecretValue", READ, drop=("Timestamp",)), "MissingTimestamp")
        refused(wire.rpc("GetSecretValue", READ, drop=("SignatureMethod",)), "MissingSignatureMethod")
        answer = wire.rpc("GetSecretValue", READ, drop=("Signature",))
        assert answer.status == 400 and answer.code.startswith("Missing"), repr(answer)
    with suite.case("-", "RPC v1: not Base64"):
        answer = wire.rpc("GetSecretValue", READ, signature="***")
        assert answer.code in ("IncompleteSignature", "SignatureDoesNotMatch"), repr(answer)
    with suite.case("-", "RPC v1: empty and odd parameters are signed"):
        equal(wire.rpc("GetSecretValue", {**READ, "SignatureType": "", "Odd": "a b+c%*~", "Empty": ""}).status, 200)
    with suite.case("-", "RPC v1: plus is a blank, hex digits of any case"):
        parameters = {"Action": "GetSecretValue", "Version": KMS, "Format": "JSON", "AccessKeyId": wire.access_key_id,
                      "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
                      "Timestamp": utc(), "Odd": "a b/c", **READ}
        parameters["Signature"] = rpc_signature(wire.access_key_secret, rpc_string_to_sign("GET", parameters))
        query = canonical_query(parameters).replace("%20", "+").replace("%2F", "%2f").replace("%3A", ":")
        equal(wire.send("GET", "/?" + query).status, 200)


def acs3():
    for algorithm in ("ACS3-HMAC-SHA256", "ACS3-HMAC-SM3"):
        for place in ("query", "form", "json"):
            with suite.case("GetSecretValue", f"{algorithm} {place}"):
                equal(wire.acs3("GetSecretValue", READ, algorithm=algorithm, place=place).json["SecretData"], "x+ y")
    with suite.case("-", "ACS3: Authorization fields in any order"):
        answer = wire.acs3("GetSecretValue", READ, order=["Credential", "Signature", "SignedHeaders"])
        equal(answer.status, 200, repr(answer))
    with suite.case("-", "ACS3: host need not be signed, further headers may be"):
        equal(wire.acs3("GetSecretValue", READ, unsigned=("host",)).status, 200)
        equal(wire.acs3("GetSecretValue", READ, extra={"accept": "application/json", "user-agent": "x  y",
                                                       "x-acs-credentials-provider": "static_ak"}).status, 200)
    with suite.case("-", "ACS3: wrong secret"):
        message = refused(wire.acs3("GetSecretValue", READ, secret="wrong"), "SignatureDoesNotMatch")
        assert "server string to sign is:ACS3-HMAC-SHA256\n" in message, message
    with suite.case("-", "ACS3: a missing header is named"):
        for header in ("x-acs-date", "x-acs-signature-nonce", "x-acs-version", "x-acs-action"):
            answer = wire.acs3("GetSecretValue", READ, drop=(header,))
            assert answer.status == 400 and answer.code in ("MissingParameter", "InvalidParameter"), repr(answer)
            if answer.code == "MissingParameter":
                assert header in answer.json["Message"].lower(), answer.json["Message"]
    with suite.case("-", "ACS3: what the server acts on must be signed"):
        for header in ("x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"):
            refused(wire.acs3("GetSecretValue", READ, unsigned=(header,)), "IncompleteSignature")
        refused(wire.acs3("GetSecretValue", READ, extra={"x-acs-security-token": "t"}, unsigned=("x-acs-security-token",)),
                "IncompleteSignature")
    with suite.case("-", "ACS3: a body other than the signed one"):
        answer = wire.acs3("GetSecretValue", READ, place="form", tamper_body=b"SecretName=other")
        refused(answer, "SignatureDoesNotMatch")
    with suite.case("-", "ACS3: unknown algorithms, ACS4"):
        refused(wire.acs3("GetSecretValue", READ, algorithm="ACS3-HMAC-MD5"), "InvalidSignatureMethod")
        for scheme in ("ACS4-HMAC-SHA256", "ACS4-HMAC-SM3"):
            headers = {"Authorization": f"{scheme} Credential={wire.access_key_id}/20261122/center/Kms/aliyun_v4_request,"
                                        "SignedHeaders=host,Signature=00", "x-acs-action": "GetSecretValue",
                       "x-acs-version": KMS, "x-acs-date": utc(), "x-acs-signature-nonce": uuid.uuid4().hex}
            refused(wire.send("POST", "/?SecretName=x", headers), "InvalidSignatureMethod")
    with suite.case("-", "ACS3: broken Authorization"):
        base = {"x-acs-action": "GetSecretValue", "x-acs-version": KMS, "x-acs-date": utc(),
                "x-acs-signature-nonce": uuid.uuid4().hex, "x-acs-content-sha256": acs3_hash("ACS3-HMAC-SHA256", b"")}
        for text in ("ACS3-HMAC-SHA256", "ACS3-HMAC-SHA256 Credential=x", "ACS3-HMAC-SHA256 ,,,=",
                     f"ACS3-HMAC-SHA256 Credential={wire.access_key_id},SignedHeaders=,Signature="):
            answer = wire.send("POST", "/", {**base, "Authorization": text})
            assert answer.status == 400 and answer.code in ("IncompleteSignature", "MissingAccessKeyId"), repr(answer)
    with suite.case("-", "ACS3: an empty Credential"):
        names = ";".join(sorted([*base, "host"]))
        refused(wire.send("POST", "/", {**base, "Authorization":
                                        f"ACS3-HMAC-SHA256 Credential=,SignedHeaders={names},Signature=00"}),
                "MissingAccessKeyId")
    with suite.case("-", "both schemes at once"):
        query = {"Action": "GetSecretValue", "Signature": "x", **READ}
        refused(wire.acs3("GetSecretValue", query), "IncompleteSignature")
    with suite.case("-", "unsigned"):
        answer = wire.send("GET", "/?Action=GetSecretValue&Version=2016-01-20&SecretName=" + name)
        assert answer.status == 400 and answer.code.startswith("Missing"), repr(answer)


def clock_and_replay():
    with suite.case("-", "timestamps: 14 minutes either way are good, 16 are not"):
        for offset, good in ((-14 * 60, True), (14 * 60, True), (-16 * 60, False), (16 * 60, False)):
            rpc_answer = wire.rpc("GetSecretValue", READ, common={"Timestamp": utc(offset)})
            acs_answer = wire.acs3("GetSecretValue", READ, extra={"x-acs-date": utc(offset)})
            for answer in (rpc_answer, acs_answer):
                if good:
                    equal(answer.status, 200, repr(answer))
                else:
                    message = refused(answer, "InvalidTimeStamp.Expired")
                    assert re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", message), f"does not name the clock: {message}"
    with suite.case("-", "timestamps: malformed"):
        for text in ("yesterday", "2026-11-22 00:00:00", "2026-13-01T00:00:00Z", "1795300000"):
            refused(wire.rpc("GetSecretValue", READ, common={"Timestamp": text}), "InvalidTimeStamp.Format")
            refused(wire.acs3("GetSecretValue", READ, extra={"x-acs-date": text}), "InvalidTimeStamp.Format")
    with suite.case("-", "a nonce is good once"):
        nonce = uuid.uuid4().hex
        equal(wire.rpc("GetSecretValue", READ, common={"SignatureNonce": nonce}).status, 200)
        refused(wire.rpc("GetSecretValue", READ, common={"SignatureNonce": nonce}), "SignatureNonceUsed")
        nonce = uuid.uuid4().hex
        equal(wire.acs3("GetSecretValue", READ, extra={"x-acs-signature-nonce": nonce}).status, 200)
        refused(wire.acs3("GetSecretValue", READ, extra={"x-acs-signature-nonce": nonce}), "SignatureNonceUsed")
    with suite.case("-", "a bad signature does not burn the nonce"):
        nonce = uuid.uuid4().hex
        refused(wire.rpc("GetSecretValue", READ, common={"SignatureNonce": nonce}, secret="wrong"), "SignatureDoesNotMatch")
        equal(wire.rpc("GetSecretValue", READ, common={"SignatureNonce": nonce}).status, 200)
    with suite.case("-", "without a nonce the signature itself is good once"):
        stamp = {"Timestamp": utc()}
        equal(wire.rpc("GetSecretValue", READ, drop=("SignatureNonce",), common=stamp).status, 200)
        refused(wire.rpc("GetSecretValue", READ, drop=("SignatureNonce",), common=stamp), "SignatureNonceUsed")
    with suite.case("-", "unknown access key"):
        stranger = wire.with_keys("LTAI5tNobodyHasThisKey01", "x")
        refused(stranger.rpc("GetSecretValue", READ), "InvalidAccessKeyId.NotFound", 404)
        refused(stranger.acs3("GetSecretValue", READ), "InvalidAccessKeyId.NotFound", 404)
        stranger.close()


def forge(dice):
    """One request that is not what the holder of the key signed."""
    kind = dice.randrange(8)
    bits = dice.randbytes(32).hex()
    if kind == 0:
        return wire.acs3("GetSecretValue", READ, signature=bits)
    if kind == 1:
        secret = wire.access_key_secret
        other = dice.choice([digit for digit in "0123456789" if digit != secret[-1]])
        return wire.acs3("GetSecretValue", READ, secret=secret[:-1] + other)
    if kind == 2:
        return wire.acs3("GetSecretValue", READ, place="form", tamper_body=f"SecretName={name}%{dice.randrange(16, 256):02x}".encode())
    if kind == 3:
        return wire.acs3("GetSecretValue", READ, signature=bits[:dice.randrange(64)])
    if kind == 4:
        return wire.rpc("GetSecretValue", READ, secret=bits, algorithm=dice.choice(["HMAC-SHA1", "HMAC-SHA256"]))
    if kind == 5:
        good = rpc_signature(wire.access_key_secret, bits)
        return wire.rpc("GetSecretValue", READ, signature=good, place=dice.choice(["query", "form"]))
    if kind == 6:
        return wire.rpc("GetSecretValue", READ, signature=dice.choice(["", "=", "A" * dice.randrange(1, 90)]))
    return wire.acs3("GetSecretValue", READ, algorithm=dice.choice(["ACS3-HMAC-SM3", "ACS3-HMAC-SHA256"]), secret=bits)


def throttled():
    with suite.case("-", "an address that only forges is slowed down, with the wait in x-acs-retry-after"):
        wire.close()
        wire.source = ("127.8.0.1", 0)
        for _ in range(20000):
            answer = wire.rpc("GetSecretValue", READ, signature="A" * 27 + "=")
            if answer.code == "Throttling.User":
                break
        wire.close()
        wire.source = None
        equal(answer.code, "Throttling.User")
        assert int(answer.headers["x-acs-retry-after"]) > 0, answer.headers
        equal(wire.rpc("GetSecretValue", READ).status, 200)


def forgeries():
    with suite.case("-", f"{FORGERIES} forged requests, none accepted"):
        seed = random.SystemRandom().randrange(1 << 32)
        dice, codes = random.Random(seed), {}
        for number in range(FORGERIES):
            if number % PER_ADDRESS == 0:
                wire.close()
                wire.source = (f"127.9.{number // PER_ADDRESS}.1", 0)
            answer = forge(dice)
            assert answer.status != 200 and answer.status < 500, f"seed {seed}: {answer}"
            codes[answer.code] = codes.get(answer.code, 0) + 1
        wire.close()
        wire.source = None
        allowed = {"SignatureDoesNotMatch", "IncompleteSignature", "MissingSignature", "InvalidParameter"}
        assert set(codes) <= allowed, f"seed {seed}: {codes}"


wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "x+ y"}, place="form")
for part in (rpc, acs3, clock_and_replay, forgeries, throttled):
    part()
suite.finish()
