"""Statements of the shared gateway, in tables: labels against a model of them, every form of every answer, which of two
faults is told. Single trials are in envelope.py; here are the combinations. Raw HTTP.
"""

import itertools
import json
import os
import random
import uuid
import xml.etree.ElementTree as ElementTree

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import RAM, STS, Wire, utc

suite = Suite("wire")
wire = Wire.from_env(os.environ)
tail = uuid.uuid4().hex[:8]
prefix = f"e2e/conformance/{tail}"
NOT_FOUND = (404, "Forbidden.ResourceNotFound")


class Model:
    """Versions and labels of one Generic secret as documented. Answers (status, code)."""

    def __init__(self):
        self.versions = [("0", "d0", "text")]     # oldest first: id, value, type
        self.labels = {"ACSCurrent": "0"}

    def ids(self):
        return [version[0] for version in self.versions]

    def keep(self, labels):
        if len(labels) > 8:
            return 400, "Rejected.LimitExceeded"
        self.labels = labels
        return 200, ""

    def put(self, version, labels):
        known = [v for v in self.versions if v[0] == version[0]]
        if known:
            return (200, "") if known == [version] else (409, "Rejected.ResourceExist")
        after = dict(self.labels)
        if "ACSCurrent" in labels:
            after["ACSPrevious"] = after["ACSCurrent"]
        after.update({label: version[0] for label in labels})
        outcome = self.keep(after)
        if outcome == (200, ""):
            self.versions.append(version)
            while len(self.versions) > 10:
                self.versions.remove(next(v for v in self.versions if v[0] not in self.labels.values()))
        return outcome

    def move(self, label, to, source):
        if not to and (not source or label in ("ACSCurrent", "ACSPrevious")):
            return 400, "InvalidParameter"
        if source and self.labels.get(label) != source:
            return 400, "Rejected.InvalidRequest"
        if to and to not in self.ids():
            return NOT_FOUND
        after = dict(self.labels)
        if not to:
            del after[label]
            return self.keep(after)
        if label == "ACSCurrent" and after[label] != to:
            after["ACSPrevious"] = after[label]
        after[label] = to
        return self.keep(after)

    def read(self, version, label):
        """The version, or (status, code)."""
        if version and version not in self.ids():
            return NOT_FOUND
        if version and label and self.labels.get(label) != version:
            return 400, "InvalidParameter"
        found = version or self.labels.get(label or "ACSCurrent")
        return next((v for v in self.versions if v[0] == found), NOT_FOUND)

    def listed(self, deprecated):
        rows = [(v[0], sorted(label for label, at in self.labels.items() if at == v[0])) for v in reversed(self.versions)]
        return [row for row in rows if deprecated or row[1]]


class Walk:
    """One secret and its model, changed at random."""

    def __init__(self, dice, name):
        self.dice, self.name, self.model, self.next = dice, name, Model(), 1
        wire.ok("CreateSecret", {"SecretName": name, "VersionId": "0", "SecretData": "d0"})

    def some_id(self):
        return self.dice.choice(self.model.ids() + ["none"])

    def some_label(self):
        return self.dice.choice(["ACSCurrent", "ACSPrevious", "ACSPending", "acscurrent", "a", "b", "c", "d", "e", "f"])

    def put(self):
        fresh = self.dice.random() < 0.75
        version = str(self.next) if fresh else self.dice.choice(self.model.ids())
        self.next += fresh
        value = (version, f"d{version}" if self.dice.random() < 0.8 else "other", self.dice.choice(["text", "binary"]))
        labels = self.dice.choice([["ACSCurrent"], [self.some_label()], list({self.some_label(), self.some_label()})])
        if {"ACSCurrent", "ACSPrevious"} <= set(labels):
            labels = ["ACSCurrent"]
        given = {"SecretName": self.name, "VersionId": version, "SecretData": value[1], "SecretDataType": value[2]}
        if labels != ["ACSCurrent"] or self.dice.random() < 0.5:
            given["VersionStages"] = json.dumps(self.dice.choice([labels, {"VersionStage": labels}]))
        return wire.acs3("PutSecretValue", given), self.model.put(value, labels)

    def move(self):
        label = self.some_label()
        to = self.some_id() if self.dice.random() < 0.6 else ""
        source = self.dice.choice(["", self.some_id(), self.model.labels.get(label, "none")])
        given = {"SecretName": self.name, "VersionStage": label, "MoveToVersion": to, "RemoveFromVersion": source}
        return wire.acs3("UpdateSecretVersionStage", given), self.model.move(label, to, source)

    def read(self):
        version = self.some_id() if self.dice.random() < 0.6 else ""
        label = self.some_label() if self.dice.random() < 0.5 else ""
        answer = wire.acs3("GetSecretValue", {"SecretName": self.name, "VersionId": version, "VersionStage": label})
        expected = self.model.read(version, label)
        if len(expected) == 2:
            return answer, expected
        body = answer.json
        equal((body.get("VersionId"), body.get("SecretData"), body.get("SecretDataType")), expected, "value")
        return answer, (200, "")

    def check_lists(self):
        for deprecated in (True, False):
            rows, size, number = [], self.dice.randint(1, 4), 0
            while number == 0 or len(rows) == number * size:
                number += 1
                page = wire.ok("ListSecretVersionIds", {"SecretName": self.name, "IncludeDeprecated": str(deprecated).lower(),
                                                        "PageSize": size, "PageNumber": number})
                rows += [(v["VersionId"], sorted(v["VersionStages"]["VersionStage"])) for v in page["VersionIds"]["VersionId"]]
            equal(rows, self.model.listed(deprecated), "versions")
            equal(page["TotalCount"], len(rows), "TotalCount")


def labels():
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    for number in range(4):
        with suite.case("UpdateSecretVersionStage", f"versions and labels are as the model has them ({number})"):
            walk = Walk(dice, f"{prefix}/labels{number}")
            for step in range(40):
                act = dice.choice([walk.put, walk.move, walk.read])
                answer, expected = act()
                equal((answer.status, answer.code), expected, f"seed {seed}, step {step}, {act.__name__}")
                walk.check_lists()


def as_tree(value):
    """JSON as XML has it: a member of a list is an element of its own, named as the list."""
    if isinstance(value, dict):
        return [(name, as_tree(one)) for name, more in value.items() if name != "RequestId"
                for one in (more if isinstance(more, list) else [more])]
    return str(value).lower() if isinstance(value, bool) else str(value)


def tree_of(element):
    if len(element):
        return [(child.tag, tree_of(child)) for child in element if child.tag != "RequestId"]
    return element.text or ""


def same(expected, tree, path=""):
    expected, tree = expected or "", tree or ""    # an element without children may be a list or a text
    if isinstance(expected, str) or isinstance(tree, str):
        equal(tree, expected, path)
        return
    equal([name for name, _ in tree], [name for name, _ in expected], path)
    for (name, one), (_, other) in zip(expected, tree):
        same(one, other, f"{path}/{name}")


def fixtures():
    """One of each thing, and the calls that show them; those with `none` show an empty list."""
    secret, name = f"{prefix}/xml", f"x{tail}"
    key = wire.ok("CreateKey", {"Description": "a<&>\"'中", "EnableAutomaticRotation": "true",
                                "RotationInterval": "30d"})["KeyMetadata"]["KeyId"]
    wire.ok("CreateAlias", {"AliasName": f"alias/{name}", "KeyId": key})
    wire.ok("TagResource", {"KeyId": key, "Tags": '[{"TagKey":"k","TagValue":"v"}]'})
    wire.ok("CreateSecret", {"SecretName": secret, "VersionId": "v1", "SecretData": " a\r\nb\t<&>]]>中 ",
                             "Tags": '[{"TagKey":"k","TagValue":""}]', "EncryptionKeyId": key})
    wire.ok("PutSecretValue", {"SecretName": secret, "VersionId": "v2", "SecretData": "2", "VersionStages": '["x"]'})
    wire.ok("UpdateSecretVersionStage", {"SecretName": secret, "VersionStage": "x", "RemoveFromVersion": "v2"})
    wire.ok("CreateNetworkRule", {"Name": name, "Type": "Private", "SourcePrivateIp": '["10.0.0.1","::1"]'})
    wire.ok("CreatePolicy", {"Name": name, "Permissions": '["RbacPermission/Template/SecretUser"]',
                             "Resources": '["secret/*","key/*"]', "AccessControlRules": '{"NetworkRules": ["r"]}'})
    wire.ok("CreatePolicy", {"Name": "none" + name, "Permissions": "[]", "Resources": "[]"})
    wire.ok("CreateApplicationAccessPoint", {"Name": name, "Policies": f'["{name}"]'})
    wire.ok("CreateApplicationAccessPoint", {"Name": "none" + name, "Policies": f'["{name}"]'})
    client = wire.ok("CreateClientKey", {"AapName": name, "Password": "Testpass123"})["ClientKeyId"]
    version = wire.ok("ListKeyVersions", {"KeyId": key})["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
    blob = wire.ok("Encrypt", {"KeyId": key, "Plaintext": "a<&>中"})["CiphertextBlob"]
    instance = os.environ["STRONGROOM_INSTANCE_ID"]
    tags, far = {"ResourceType": "secret", "ResourceId.1": secret}, {"PageNumber": 2147483647}
    yield from (("DescribeKey", {"KeyId": key}), ("DescribeKeyVersion", {"KeyId": key, "KeyVersionId": version}),
                ("ListKeyVersions", {"KeyId": key}), ("ListResourceTags", {"KeyId": key}),
                ("ListAliasesByKeyId", {"KeyId": key}), ("Decrypt", {"CiphertextBlob": blob}),
                ("DescribeSecret", {"SecretName": secret, "FetchTags": "true"}), ("GetSecretValue", {"SecretName": secret}),
                ("GetSecretValue", {"SecretName": secret, "VersionId": "v2"}),
                ("ListSecretVersionIds", {"SecretName": secret, "IncludeDeprecated": "true"}),
                ("ListTagResources", tags), ("ListTagResources", {**tags, "Tag.1.Key": "none"}),
                ("BatchGetSecretValue", {"SecretsList": json.dumps([{"SecretName": secret}, {"SecretName": "none"}])}),
                ("DescribeNetworkRule", {"Name": name}), ("DescribePolicy", {"Name": name}),
                ("DescribePolicy", {"Name": "none" + name}), ("DescribeApplicationAccessPoint", {"Name": name}),
                ("ListClientKeys", {"AapName": name}), ("ListClientKeys", {"AapName": "none" + name}),
                ("GetClientKey", {"ClientKeyId": client}), ("GetKmsInstance", {"KmsInstanceId": instance}),
                ("GetDefaultKmsInstance", {}), ("DescribeRegions", {}), ("DescribeAccountKmsStatus", {}),
                ("GetKmsInstanceQuotaInfos", {"KmsInstanceId": instance, "ResourceType": "vpc"}))
    for action in ("ListKeys", "ListAliases", "ListSecrets", "ListNetworkRules", "ListPolicies",
                   "ListApplicationAccessPoints", "ListKmsInstances"):
        yield action, {}
        yield action, far


def forms():
    for action, given in fixtures():
        with suite.case(action, "the same in JSON and XML, by GET and POST, in query, form and JSON body"):
            expected = as_tree(wire.ok(action, given))
            for method, place in itertools.product(("GET", "POST"), ("query", "form")):
                if (method, place) == ("GET", "form"):
                    continue
                root = ElementTree.fromstring(wire.rpc(action, given, method=method, place=place, fmt="XML").body)
                equal(root.tag, f"{action}Response")
                same(expected, tree_of(root))
            for place in ("query", "form", "json"):
                same(expected, as_tree(wire.ok(action, given, place=place)))


def sessions():
    """Who may be asked: the root, a user without rights, a key that is off, one that is not, and a session."""
    user, role = f"e2e-{tail}", f"e2e-{tail}"
    trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
        "RAM": [f"acs:ram::{os.environ['STRONGROOM_ACCOUNT_ID']}:root"]}}]}
    wire.ok("CreateUser", {"UserName": user}, version=RAM)
    wire.ok("CreateRole", {"RoleName": role, "AssumeRolePolicyDocument": json.dumps(trust)}, version=RAM)
    wire.ok("AttachPolicyToUser", {"PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess", "UserName": user},
            version=RAM)
    keys = [wire.ok("CreateAccessKey", {"UserName": user}, version=RAM)["AccessKey"] for _ in range(2)]
    wire.ok("UpdateAccessKey", {"UserName": user, "UserAccessKeyId": keys[1]["AccessKeyId"], "Status": "Inactive"},
            version=RAM)
    nobody, inactive = [wire.with_keys(k["AccessKeyId"], k["AccessKeySecret"]) for k in keys]
    arn = f"acs:ram::{os.environ['STRONGROOM_ACCOUNT_ID']}:role/{role}"
    tokens = [nobody.ok("AssumeRole", {"RoleArn": arn, "RoleSessionName": "ab"}, version=STS)["Credentials"] for _ in range(2)]
    session = wire.with_keys(tokens[0]["AccessKeyId"], tokens[0]["AccessKeySecret"])
    unknown = wire.with_keys("LTAI5tUnknownUnknownUnkno", "x" * 30)
    return {"root": wire, "nobody": nobody, "inactive": inactive, "unknown": unknown, "session": session,
            "other": tokens[1]["SecurityToken"]}


# In the order in which they are told. Two of them on one request: the first counts.
FAULTS = (
    ("InvalidAction.NotFound", {"action": "NoSuchAction"}),
    ("InvalidTimeStamp.Format", {"time": "2026-13-01T00:00:00Z"}),
    ("InvalidAccessKeyId.NotFound", {"who": "unknown"}),
    ("InvalidAccessKeyId.Inactive", {"who": "inactive"}),
    ("MissingSecurityToken", {"who": "session", "token": None}),
    ("InvalidSecurityToken.Malformed", {"who": "session", "token": "garbage"}),
    ("InvalidSecurityToken.MismatchWithAccessKey", {"who": "session", "token": "other"}),
    ("InvalidTimeStamp.Expired", {"time": "2020-01-01T00:00:00Z"}),
    ("SignatureDoesNotMatch", {"signature": {"rpc": "A" * 27 + "=", "acs3": "0" * 64}}),
    ("SignatureNonceUsed", {"nonce": "used"}),
    ("MissingParameter", {"given": {"SecretName": "none", "VersionId": "v1"}}),
    ("Forbidden.NoPermission", {"who": "nobody"}),
)


def faulty(people, scheme, faults):
    wrong = {"who": "root", "action": "PutSecretValue", "time": utc(), "nonce": uuid.uuid4().hex, "token": None,
             "signature": None, "given": {"SecretName": "none", "VersionId": "v1", "SecretData": "x"}, **faults}
    who = people[wrong["who"]]
    token = people["other"] if wrong["token"] == "other" else wrong["token"]
    if wrong["nonce"] == "used":
        wrong["nonce"] = uuid.uuid4().hex
        send(who, scheme, {**wrong, "action": "DescribeRegions", "time": utc(), "signature": None, "given": {}}, None)
    return send(who, scheme, wrong, token)


def send(who, scheme, wrong, token):
    signature = wrong["signature"] and wrong["signature"][scheme]
    if scheme == "rpc":
        common = {"Timestamp": wrong["time"], "SignatureNonce": wrong["nonce"], **({"SecurityToken": token} if token else {})}
        return who.rpc(wrong["action"], wrong["given"], common=common, signature=signature)
    extra = {"x-acs-date": wrong["time"], "x-acs-signature-nonce": wrong["nonce"]}
    extra.update({"x-acs-security-token": token} if token else {})
    return who.acs3(wrong["action"], wrong["given"], extra=extra, signature=signature)


def order():
    people = sessions()
    for scheme in ("rpc", "acs3"):
        with suite.case("-", f"of two faults the documented one is told ({scheme})"):
            for first, second in itertools.combinations(FAULTS, 2):
                both = {**first[1], **second[1]}
                cannot_use_nonces = "nonce" in both and both.get("who", "nobody") != "nobody"
                if set(first[1]) & set(second[1]) or cannot_use_nonces:
                    continue
                answer = faulty(people, scheme, both)
                equal(answer.code, first[0], f"{first[0]} and {second[0]}: {answer}")


for part in (labels, forms, order):
    part()
suite.finish()
