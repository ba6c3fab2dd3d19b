"""Answers as the SDKs need them: envelopes, types, content types, XML, parameter places. Raw HTTP."""

import json
import os
import re
import uuid
import xml.etree.ElementTree as ElementTree

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import (BSS, KMS, LOCATION, RAM, STS, Wire, acs3_canonical, acs3_hash, acs3_mac, canonical_query,
                                 rpc_signature, rpc_string_to_sign, utc)

JSON_TYPE = "application/json;charset=utf-8"
XML_TYPE = "text/xml;charset=utf-8"
UPPER_UUID = re.compile(r"^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$")
HARD = "p@ss w0rd+/=&~*!'()\"#?%\n中文😀<&>\\u0041"

suite = Suite("wire")
wire = Wire.from_env(os.environ)
name = f"e2e/wire/{uuid.uuid4().hex[:8]}"


def envelope(answer, status, code, host=None):
    """Every rule an SDK enforces on an error (types, presence, the same request id twice)."""
    equal((answer.status, answer.code), (status, code), "status and code")
    equal(answer.headers["content-type"], JSON_TYPE, "content type")
    body = answer.json
    for field in ("Code", "Message", "RequestId", "HostId", "Recommend"):
        assert isinstance(body.get(field), str) and body[field], f"{field}: {body.get(field)!r}"
    equal(body["HttpStatus"], status, "HttpStatus")
    equal(body["HostId"], host or wire.endpoint, "HostId")
    equal(answer.headers["x-acs-request-id"], body["RequestId"], "request id")
    assert UPPER_UUID.match(body["RequestId"]), body["RequestId"]
    assert isinstance(body.get("AccessDeniedDetail", {}), dict)
    return body


def success():
    with suite.case("CreateSecret", "form body, answer headers and types"):
        answer = wire.acs3("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": HARD}, place="form")
        equal(answer.status, 200, repr(answer))
        equal(answer.headers["content-type"], JSON_TYPE)
        assert UPPER_UUID.match(answer.headers["x-acs-request-id"])
        equal(answer.headers["x-acs-request-id"], answer.json["RequestId"])
        assert not {"Code", "Success", "HttpStatus"} & set(answer.json), answer.json
    with suite.case("GetSecretValue", "raw UTF-8, nothing HTML-escaped"):
        answer = wire.acs3("GetSecretValue", {"SecretName": name})
        equal(answer.json["SecretData"], HARD)
        assert "中文😀<&>" in answer.text, answer.text
        equal(answer.json["VersionStages"], {"VersionStage": ["ACSCurrent"]})
    with suite.case("GetSecretValue", "unknown parameters are ignored"):
        answer = wire.acs3("GetSecretValue", {"SecretName": name, "RegionId": "cn-hangzhou", "ClientToken": "x",
                                              "SecureTransport": "true", "Nonsense": "y"})
        equal(answer.status, 200, repr(answer))
    with suite.case("GetSecretValue", "nothing is cached on the way"):
        answer = wire.acs3("GetSecretValue", {"SecretName": name})
        assert "etag" not in answer.headers and "max-age" not in answer.headers.get("cache-control", "")
    with suite.case("ListSecrets", "an empty list stays wrapped"):
        answer = wire.acs3("ListSecrets", {"Filters": json.dumps([{"Key": "SecretName", "Values": ["no/" + name]}])})
        equal(answer.json["SecretList"], {"Secret": []})
        for field in ("PageNumber", "PageSize", "TotalCount"):
            equal(type(answer.json[field]), int, field)


def places():
    read = {"SecretName": name}
    for method in ("GET", "POST"):
        with suite.case("GetSecretValue", f"RPC v1, {method}, query"):
            equal(wire.rpc("GetSecretValue", read, method=method).json["SecretData"], HARD)
        with suite.case("GetSecretValue", f"ACS3, {method}, query"):
            equal(wire.acs3("GetSecretValue", read, method=method).json["SecretData"], HARD)
    for place in ("form", "mixed"):
        with suite.case("GetSecretValue", f"RPC v1, {place}"):
            equal(wire.rpc("GetSecretValue", read, place=place).json["SecretData"], HARD)
    for place in ("form", "json"):
        with suite.case("GetSecretValue", f"ACS3, {place} body"):
            equal(wire.acs3("GetSecretValue", read, place=place).json["SecretData"], HARD)
    with suite.case("GetSecretValue", "ACS3, JSON body must be one flat object"):
        for body in (b"[]", b'"x"', b'{"SecretName":', b'{"SecretName":"a","SecretName":"b"}'):
            answer = json_body(body)
            envelope(answer, 400, answer.code)
            assert answer.code in ("InvalidParameter", "ParseRequestParameterException"), repr(answer)
    with suite.case("GetSecretValue", "a name twice with two values is refused"):
        equal(twice("a", "b").code, "InvalidParameter")
        equal(twice(name, name).status, 200)
    with suite.case("GetSecretValue", "a JSON body under RPC v1 is not covered by the signature"):
        query = "/?" + signed_query("GetSecretValue", {})
        answer = wire.send("POST", query, {"Content-Type": "application/json"}, json.dumps(read).encode())
        envelope(answer, 400, "InvalidParameter")


def json_body(body):
    """An ACS3 request around exactly these bytes, rightly signed."""
    digest = acs3_hash("ACS3-HMAC-SHA256", body)
    headers = {"host": wire.endpoint, "x-acs-action": "GetSecretValue", "x-acs-version": KMS, "x-acs-date": utc(),
               "x-acs-signature-nonce": uuid.uuid4().hex, "x-acs-content-sha256": digest,
               "content-type": "application/json"}
    signed = sorted(headers)
    string = "ACS3-HMAC-SHA256\n" + acs3_hash("ACS3-HMAC-SHA256", acs3_canonical("POST", {}, headers, signed, digest).encode())
    mac = acs3_mac("ACS3-HMAC-SHA256", wire.access_key_secret, string)
    headers["Authorization"] = (f"ACS3-HMAC-SHA256 Credential={wire.access_key_id},SignedHeaders={';'.join(signed)},"
                                f"Signature={mac}")
    return wire.send("POST", "/", headers, body)


def signed_query(action, parameters, covered=None):
    """The query of an RPC v1 POST; the signature covers `covered` (what a body adds) as well."""
    both = {"Action": action, "Version": KMS, "Format": "JSON", "AccessKeyId": wire.access_key_id,
            "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": utc(), **parameters}
    string = rpc_string_to_sign("POST", {**both, **(covered or {})})
    return canonical_query({**both, "Signature": rpc_signature(wire.access_key_secret, string)})


def twice(in_query, in_body):
    """SecretName both in the query and in the form body, signed over the merged set as the SDKs do."""
    query = signed_query("GetSecretValue", {"SecretName": in_query})
    return wire.send("POST", "/?" + query, {"Content-Type": "application/x-www-form-urlencoded"},
                     canonical_query({"SecretName": in_body}).encode())


def errors():
    with suite.case("GetSecretValue", "error envelope"):
        body = envelope(wire.acs3("GetSecretValue", {"SecretName": name + "-absent"}), 404, "Forbidden.ResourceNotFound")
        assert body["Message"].startswith("Resource not found"), body["Message"]
    with suite.case("GetSecretValue", "HostId is the Host header as received"):
        answer = wire.acs3("GetSecretValue", {"SecretName": name + "-absent"}, extra={"host": "kms.example.test"})
        envelope(answer, 404, "Forbidden.ResourceNotFound", host="kms.example.test")
    with suite.case("GetSecretValue", "missing action parameter"):
        body = envelope(wire.acs3("GetSecretValue", {}), 400, "MissingParameter")
        assert "SecretName" in body["Message"], body["Message"]
    with suite.case("-", "unknown action, malformed version, no action"):
        envelope(wire.acs3("NoSuchAction"), 404, "InvalidAction.NotFound")
        envelope(wire.rpc("NoSuchAction"), 404, "InvalidAction.NotFound")
        answer = wire.rpc("GetSecretValue", {"SecretName": name}, version="nonsense")
        assert answer.code in ("InvalidParameter", "InvalidAction.NotFound"), repr(answer)
        answer = wire.rpc("", drop=("Action",))
        envelope(answer, 400, answer.code)
        assert answer.code in ("MissingAction", "InvalidParameter"), repr(answer)
    with suite.case("-", "no parameters at all"):
        answer = wire.send("GET", "/")
        assert 400 <= answer.status < 500 and answer.code, repr(answer)
        equal(answer.headers["content-type"], JSON_TYPE)
    with suite.case("-", "a method that is not allowed"):
        answer = wire.acs3("GetSecretValue", {"SecretName": name}, method="PUT")
        envelope(answer, answer.status, "UnsupportedHTTPMethod")
        assert answer.status in (400, 403, 405), answer.status
    with suite.case("GetSecretValue", "bad values name the parameter"):
        for parameters, word in (({"PageSize": "102"}, "PageSize"), ({"PageNumber": "x"}, "PageNumber"),
                                 ({"Filters": "{"}, "Filters"), ({"Filters": '[{"Key":"Nope","Values":["x"]}]'}, "Filters")):
            body = envelope(wire.acs3("ListSecrets", parameters), 400, "InvalidParameter")
            assert word in body["Message"], body["Message"]
    with suite.case("GetSecretValue", "version and label must agree"):
        envelope(wire.acs3("GetSecretValue", {"SecretName": name, "VersionId": "v1", "VersionStage": "ACSPrevious"}), 400,
                 "InvalidParameter")
        equal(wire.acs3("GetSecretValue", {"SecretName": name, "VersionId": "v1", "VersionStage": "ACSCurrent"}).status, 200)
    with suite.case("GetSecretValue", "DryRun always fails"):
        envelope(wire.acs3("GetSecretValue", {"SecretName": name, "DryRun": "true"}), 400, "DryRunOperationError")


def xml():
    with suite.case("GetSecretValue", "XML answer"):
        answer = wire.rpc("GetSecretValue", {"SecretName": name}, fmt="XML")
        equal((answer.status, answer.headers["content-type"]), (200, XML_TYPE))
        root = ElementTree.fromstring(answer.body)
        equal(root.tag, "GetSecretValueResponse")
        equal(root.findtext("SecretData"), HARD)
        equal([e.text for e in root.findall("VersionStages/VersionStage")], ["ACSCurrent"])
        equal(root.findtext("RequestId"), answer.headers["x-acs-request-id"])
    with suite.case("ListSecrets", "XML lists repeat the child"):
        root = ElementTree.fromstring(wire.rpc("ListSecrets", {"PageSize": "2"}, fmt="xml").body)
        assert root.findall("SecretList/Secret/SecretName"), ElementTree.tostring(root)
    with suite.case("GetSecretValue", "XML error"):
        answer = wire.rpc("GetSecretValue", {"SecretName": name + "-absent"}, fmt="XML")
        equal((answer.status, answer.headers["content-type"]), (404, XML_TYPE))
        root = ElementTree.fromstring(answer.body)
        equal(root.tag, "Error")
        equal(root.findtext("Code"), "Forbidden.ResourceNotFound")
        equal(root.findtext("HostId"), wire.endpoint)
    with suite.case("-", "Format: case, absence, nonsense"):
        equal(wire.rpc("DescribeRegions", fmt="json").headers["content-type"], JSON_TYPE)
        equal(wire.rpc("DescribeRegions", drop=("Format",)).headers["content-type"], JSON_TYPE)
        equal(wire.rpc("GetCallerIdentity", version=STS, drop=("Format",)).headers["content-type"], XML_TYPE)
        equal(wire.rpc("DescribeRegions", fmt="YAML").code, "InvalidParameter.Format")


def neighbours():
    with suite.case("GetCallerIdentity", "root"):
        body = wire.ok("GetCallerIdentity", version=STS)
        equal((body["AccountId"], body["IdentityType"]), (os.environ["STRONGROOM_ACCOUNT_ID"], "Account"))
        equal(body["Arn"], f"acs:ram::{body['AccountId']}:root")
    with suite.case("DescribeEndpoints", "keeps the vendor's spelling"):
        body = wire.rpc("DescribeEndpoints", {"Id": wire.region, "ServiceCode": "kms", "Type": "openAPI"},
                        version=LOCATION, method="GET").json
        row = body["Endpoints"]["Endpoint"][0]
        equal((row["Id"], row["SerivceCode"], row["Type"]), (wire.region, "kms", "openAPI"))
        assert "Protocols" in row["Protocols"], row
        equal(body["Success"], True)
    with suite.case("OpenKmsService", "is open already"):
        answer = wire.acs3("OpenKmsService")
        assert (answer.status, answer.code) in ((200, ""), (400, "Forbidden.Opened")), repr(answer)
    with suite.case("QueryAvailableInstances", "answers"):
        equal(wire.rpc("QueryAvailableInstances", {"PageNum": "1", "PageSize": "20"}, version=BSS).status, 200)
    with suite.case("-", "an action of another service under the wrong version"):
        equal(wire.acs3("GetCallerIdentity").code, "InvalidAction.NotFound")


def denial():
    user = f"e2e-wire-{uuid.uuid4().hex[:8]}"
    with suite.case("-", "a denial carries AccessDeniedDetail as an object, existing or not"):
        wire.ok("CreateUser", {"UserName": user}, version=RAM)
        key = wire.ok("CreateAccessKey", {"UserName": user}, version=RAM)["AccessKey"]
        nobody = wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])
        for secret in (name, name + "-absent"):
            answer = nobody.acs3("GetSecretValue", {"SecretName": secret})
            body = envelope(answer, 403, "Forbidden.NoPermission")
            detail = body["AccessDeniedDetail"]
            equal(detail["AuthAction"], "kms:GetSecretValue")
            equal(detail["AuthPrincipalType"], "SubUser")
            equal(detail["NoPermissionType"], "ImplicitDeny")
        equal(nobody.acs3("ListUsers", version=RAM).code in ("NoPermission", "InvalidAction.NotFound"), True)
        nobody.close()


for part in (success, places, errors, xml, neighbours, denial):
    part()
suite.finish()
