"""The whole life of a secret, of a key and of tags, through any client that knows the actions by name.

An adapter has `client` (its name in the ledger), `knows(action)`, `call(action, parameters) -> dict` with the API's own
names, and `failure(error) -> (code, http status)`. What a client does not know is left out, and the ledger shows it.
"""

import base64
import os
import re
import uuid

from key_life import KeyLife
from strongroom_e2e.report import Suite, equal

HARD = "p@ss w0rd+/=&~*!'()\"#?%\n中文😀<&>\\u0041"
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
UUID = re.compile(r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$")


def is_time(text):
    assert isinstance(text, str) and TIME.match(text), f"not a time: {text!r}"


class Life:
    def __init__(self, adapter):
        self.api = adapter
        self.suite = Suite(adapter.client)
        self.name = f"e2e/{adapter.client.replace(' ', '-')}/{uuid.uuid4().hex[:8]}"

    def call(self, action, **parameters):
        answer = self.api.call(action, parameters)
        assert isinstance(answer, dict), f"{action}: not an object: {answer!r}"
        assert UUID.match(answer.get("RequestId", "")), f"{action}: RequestId {answer.get('RequestId')!r}"
        return answer

    def refused(self, code, status, action, **parameters):
        try:
            answer = self.api.call(action, parameters)
        except Exception as error:  # every client has its own type
            got = self.api.failure(error)
            assert got == (code, status), f"{action}: expected {(code, status)}, got {got}: {error}"
            return str(error)
        raise AssertionError(f"{action} succeeded with {answer}, expected {code}")

    def case(self, action, what):
        return self.suite.case(action, what)

    def has(self, action):
        return self.api.knows(action)

    def run(self):
        self.account()
        self.create_and_read()
        self.versions()
        self.stages()
        self.lists()
        self.tags()
        self.batch()
        self.delete_and_restore()
        self.keys()
        self.key_state_governs_secrets()
        KeyLife(self).run()
        self.suite.finish()

    def account(self):
        if self.has("DescribeRegions"):
            with self.case("DescribeRegions", "names the region"):
                regions = self.call("DescribeRegions")["Regions"]["Region"]
                assert {"RegionId": os.environ["STRONGROOM_REGION"]} in regions, regions
        if self.has("DescribeAccountKmsStatus"):
            with self.case("DescribeAccountKmsStatus", "is enabled"):
                equal(self.call("DescribeAccountKmsStatus")["AccountStatus"], "Enabled")
        with self.case("GetRandomPassword", "length and excluded classes"):
            word = self.call("GetRandomPassword", PasswordLength="20", ExcludePunctuation="true",
                             ExcludeNumbers="true")["RandomPassword"]
            assert re.fullmatch("[A-Za-z]{20}", word), word
        with self.case("GetRandomPassword", "impossible length"):
            self.refused("InvalidParameter", 400, "GetRandomPassword", PasswordLength="7")

    def create_and_read(self):
        arn = f"acs:kms:{os.environ['STRONGROOM_REGION']}:{os.environ['STRONGROOM_ACCOUNT_ID']}:secret/{self.name}"
        with self.case("CreateSecret", "makes the first version current"):
            answer = self.call("CreateSecret", SecretName=self.name, VersionId="v1", SecretData=HARD,
                               Description="first", Tags='[{"TagKey":"env","TagValue":"dev"}]')
            equal(answer["SecretName"], self.name)
            equal(answer["VersionId"], "v1")
            equal(answer["SecretType"], "Generic")
            equal(answer["Arn"], arn)
        with self.case("CreateSecret", "twice is refused"):
            self.refused("Rejected.ResourceExist", 409, "CreateSecret", SecretName=self.name, VersionId="v1",
                         SecretData=HARD)
        with self.case("CreateSecret", "bad name"):
            self.refused("InvalidParameter", 400, "CreateSecret", SecretName="acs/x", VersionId="v1", SecretData="x")
        with self.case("CreateSecret", "unknown key"):
            self.refused("Forbidden.ResourceNotFound", 404, "CreateSecret", SecretName=self.name + "-k",
                         VersionId="v1", SecretData="x", EncryptionKeyId=str(uuid.uuid4()))
        with self.case("GetSecretValue", "hard characters come back"):
            answer = self.call("GetSecretValue", SecretName=self.name)
            equal(answer["SecretData"], HARD)
            equal(answer["SecretDataType"], "text")
            equal(answer["SecretType"], "Generic")
            equal(answer["SecretName"], self.name)
            equal(answer["VersionId"], "v1")
            equal(answer["VersionStages"], {"VersionStage": ["ACSCurrent"]})
            is_time(answer["CreateTime"])
        with self.case("GetSecretValue", "by ARN"):
            equal(self.call("GetSecretValue", SecretName=arn)["SecretData"], HARD)
        with self.case("GetSecretValue", "absent secret, version and label"):
            text = self.refused("Forbidden.ResourceNotFound", 404, "GetSecretValue", SecretName=self.name + "-absent")
            assert "Resource not found" in text, text
            self.refused("Forbidden.ResourceNotFound", 404, "GetSecretValue", SecretName=self.name, VersionId="nope")
            self.refused("Forbidden.ResourceNotFound", 404, "GetSecretValue", SecretName=self.name,
                         VersionStage="nope")
        with self.case("DescribeSecret", "metadata, tags on request"):
            answer = self.call("DescribeSecret", SecretName=self.name, FetchTags="true")
            equal(answer["Arn"], arn)
            equal(answer["Description"], "first")
            equal(answer["SecretType"], "Generic")
            equal(answer["Tags"], {"Tag": [{"TagKey": "env", "TagValue": "dev"}]})
            is_time(answer["CreateTime"])
            is_time(answer["UpdateTime"])
            assert not answer.get("PlannedDeleteTime"), answer
            assert "SecretData" not in answer
            assert not self.call("DescribeSecret", SecretName=self.name).get("Tags")
        with self.case("UpdateSecret", "changes the description, to empty too"):
            equal(self.call("UpdateSecret", SecretName=self.name, Description="second")["SecretName"], self.name)
            equal(self.call("DescribeSecret", SecretName=self.name)["Description"], "second")

    def versions(self):
        with self.case("PutSecretValue", "moves ACSCurrent and ACSPrevious"):
            answer = self.call("PutSecretValue", SecretName=self.name, VersionId="v2", SecretData="two")
            equal(answer["VersionId"], "v2")
            equal(answer["VersionStages"], {"VersionStage": ["ACSCurrent"]})
            equal(self.call("GetSecretValue", SecretName=self.name)["SecretData"], "two")
            equal(self.call("GetSecretValue", SecretName=self.name, VersionStage="ACSPrevious")["SecretData"], HARD)
            equal(self.call("GetSecretValue", SecretName=self.name, VersionId="v1")["VersionId"], "v1")
        with self.case("PutSecretValue", "same version and value is no change"):
            self.call("PutSecretValue", SecretName=self.name, VersionId="v2", SecretData="two")
            equal(self.call("GetSecretValue", SecretName=self.name, VersionStage="ACSPrevious")["VersionId"], "v1")
        with self.case("PutSecretValue", "same version, other value"):
            self.refused("Rejected.ResourceExist", 409, "PutSecretValue", SecretName=self.name, VersionId="v2",
                         SecretData="other")
        with self.case("PutSecretValue", "custom label leaves ACSCurrent"):
            self.call("PutSecretValue", SecretName=self.name, VersionId="v3", SecretData="three",
                      VersionStages='["MyPending"]', SecretDataType="binary")
            equal(self.call("GetSecretValue", SecretName=self.name)["VersionId"], "v2")
            pending = self.call("GetSecretValue", SecretName=self.name, VersionStage="MyPending")
            equal(pending["SecretData"], "three")
            equal(pending["SecretDataType"], "binary")
        with self.case("PutSecretValue", "too large"):
            self.refused("InvalidParameter", 400, "PutSecretValue", SecretName=self.name, VersionId="big",
                         SecretData="x" * 30721)

    def stages(self):
        with self.case("UpdateSecretVersionStage", "moves ACSCurrent, the old holder becomes ACSPrevious"):
            answer = self.call("UpdateSecretVersionStage", SecretName=self.name, VersionStage="ACSCurrent",
                               MoveToVersion="v3")
            equal(answer["SecretName"], self.name)
            current = self.call("GetSecretValue", SecretName=self.name)
            equal(sorted(current["VersionStages"]["VersionStage"]), ["ACSCurrent", "MyPending"])
            equal(self.call("GetSecretValue", SecretName=self.name, VersionStage="ACSPrevious")["VersionId"], "v2")
        with self.case("UpdateSecretVersionStage", "removes a custom label"):
            self.call("UpdateSecretVersionStage", SecretName=self.name, VersionStage="MyPending",
                      RemoveFromVersion="v3")
            self.refused("Forbidden.ResourceNotFound", 404, "GetSecretValue", SecretName=self.name,
                         VersionStage="MyPending")
        with self.case("UpdateSecretVersionStage", "wrong holder, built-in removal, nothing to do"):
            self.refused("Rejected.InvalidRequest", 400, "UpdateSecretVersionStage", SecretName=self.name,
                         VersionStage="ACSCurrent", MoveToVersion="v2", RemoveFromVersion="v1")
            self.refused("InvalidParameter", 400, "UpdateSecretVersionStage", SecretName=self.name,
                         VersionStage="ACSCurrent", RemoveFromVersion="v3")
            self.refused("InvalidParameter", 400, "UpdateSecretVersionStage", SecretName=self.name,
                         VersionStage="Mine")

    def lists(self):
        with self.case("ListSecretVersionIds", "hides unlabelled versions unless asked"):
            answer = self.call("ListSecretVersionIds", SecretName=self.name)
            equal(sorted(v["VersionId"] for v in answer["VersionIds"]["VersionId"]), ["v2", "v3"])
            equal(answer["PageNumber"], 1)
            equal(answer["PageSize"], 20)
            equal(answer["TotalCount"], 2)
            all_versions = self.call("ListSecretVersionIds", SecretName=self.name, IncludeDeprecated="true")
            by_id = {v["VersionId"]: v for v in all_versions["VersionIds"]["VersionId"]}
            equal(sorted(by_id), ["v1", "v2", "v3"])
            equal(by_id["v3"]["VersionStages"], {"VersionStage": ["ACSCurrent"]})
            equal(by_id["v1"]["VersionStages"].get("VersionStage", []), [])
            is_time(by_id["v1"]["CreateTime"])
        with self.case("ListSecrets", "filter by name, tags on request"):
            filters = '[{"Key":"SecretName","Values":["%s"]}]' % self.name
            answer = self.call("ListSecrets", Filters=filters, FetchTags="true", PageNumber=1, PageSize=50)
            equal([s["SecretName"] for s in answer["SecretList"]["Secret"]], [self.name])
            row = answer["SecretList"]["Secret"][0]
            equal(row["SecretType"], "Generic")
            equal(row["Tags"], {"Tag": [{"TagKey": "env", "TagValue": "dev"}]})
            is_time(row["CreateTime"])
            equal((answer["PageNumber"], answer["PageSize"], answer["TotalCount"]), (1, 50, 1))
        with self.case("ListSecrets", "an empty list stays a list"):
            filters = '[{"Key":"SecretName","Values":["e2e/nothing-%s"]}]' % uuid.uuid4().hex
            answer = self.call("ListSecrets", Filters=filters)
            equal(answer["SecretList"], {"Secret": []})
            equal(answer["TotalCount"], 0)

    def tags(self):
        def listed(**more):
            answer = self.call("ListTagResources", RegionId=os.environ["STRONGROOM_REGION"], ResourceType="secret",
                               ResourceId=[self.name], **more)
            assert not answer.get("NextToken"), answer
            rows = answer["TagResources"]["TagResource"]
            assert all(r["ResourceId"] == self.name and r["ResourceType"] == "secret" for r in rows), rows
            return sorted((r["TagKey"], r["TagValue"]) for r in rows)
        if self.has("TagResource"):
            with self.case("TagResource", "adds and overwrites"):
                self.call("TagResource", SecretName=self.name,
                          Tags='[{"TagKey":"env","TagValue":"prod"},{"TagKey":"team","TagValue":"a"}]')
                tags = self.call("DescribeSecret", SecretName=self.name, FetchTags="true")["Tags"]["Tag"]
                equal(sorted((t["TagKey"], t["TagValue"]) for t in tags), [("env", "prod"), ("team", "a")])
            with self.case("UntagResource", "removes, unknown keys are ignored"):
                self.call("UntagResource", SecretName=self.name, TagKeys='["team","never"]')
                tags = self.call("DescribeSecret", SecretName=self.name, FetchTags="true")["Tags"]["Tag"]
                equal([(t["TagKey"], t["TagValue"]) for t in tags], [("env", "prod")])
        if self.has("TagResources"):
            region = os.environ["STRONGROOM_REGION"]
            with self.case("TagResources", "adds to a secret by name"):
                self.call("TagResources", RegionId=region, ResourceType="secret", ResourceId=[self.name],
                          Tag=[{"Key": "cost", "Value": "42"}, {"Key": "empty", "Value": ""}])
            with self.case("ListTagResources", "lists them"):
                rows = listed()
                assert ("cost", "42") in rows and ("empty", "") in rows, rows
            with self.case("TagResources", "absent resource, forbidden key"):
                self.refused("InvalidResourceId.NotFound", 404, "TagResources", RegionId=region,
                             ResourceType="secret", ResourceId=[self.name + "-absent"], Tag=[{"Key": "a", "Value": "b"}])
                self.refused("InvalidParameter.TagKey", 400, "TagResources", RegionId=region, ResourceType="secret",
                             ResourceId=[self.name], Tag=[{"Key": "acs:x", "Value": "b"}])
            with self.case("UntagResources", "removes"):
                self.call("UntagResources", RegionId=region, ResourceType="secret", ResourceId=[self.name],
                          TagKey=["cost", "empty"])
                rows = listed()
                assert not {"cost", "empty"} & {key for key, _ in rows}, rows

    def batch(self):
        if not self.has("BatchGetSecretValue"):
            return
        with self.case("BatchGetSecretValue", "part succeeds, part fails"):
            answer = self.call("BatchGetSecretValue", SecretsList=[
                {"SecretName": self.name}, {"SecretName": self.name + "-absent"}])
            equal([v["SecretData"] for v in answer["SecretValues"]], ["three"])
            equal(answer["SecretValues"][0]["VersionStages"], {"VersionStage": ["ACSCurrent"]})
            error = answer["Errors"][0]
            equal((error["SecretName"], error["Code"], error["HttpStatus"]),
                  (self.name + "-absent", "Forbidden.ResourceNotFound", 404))

    def delete_and_restore(self):
        with self.case("DeleteSecret", "into the recovery window"):
            answer = self.call("DeleteSecret", SecretName=self.name, RecoveryWindowInDays="7")
            equal(answer["SecretName"], self.name)
            is_time(answer["PlannedDeleteTime"])
            equal(self.call("DescribeSecret", SecretName=self.name)["PlannedDeleteTime"], answer["PlannedDeleteTime"])
        with self.case("GetSecretValue", "in the recovery window"):
            self.refused("Rejected.ResourceInDeleteWindow", 409, "GetSecretValue", SecretName=self.name)
        with self.case("CreateSecret", "name is taken in the window"):
            self.refused("Rejected.ResourceInDeleteWindow", 409, "CreateSecret", SecretName=self.name,
                         VersionId="v1", SecretData="x")
        with self.case("DeleteSecret", "twice"):
            self.refused("Rejected.ResourceInDeleteWindow", 409, "DeleteSecret", SecretName=self.name)
        with self.case("RestoreSecret", "brings it back, once"):
            equal(self.call("RestoreSecret", SecretName=self.name)["SecretName"], self.name)
            equal(self.call("GetSecretValue", SecretName=self.name)["SecretData"], "three")
            self.refused("Rejected.ResourceInUse", 409, "RestoreSecret", SecretName=self.name)
        with self.case("DeleteSecret", "at once, with a window given too"):
            self.call("DeleteSecret", SecretName=self.name, ForceDeleteWithoutRecovery="true",
                      RecoveryWindowInDays="30")
            self.refused("Forbidden.ResourceNotFound", 404, "DescribeSecret", SecretName=self.name)
            self.refused("Forbidden.ResourceNotFound", 404, "RestoreSecret", SecretName=self.name)

    def keys(self):
        with self.case("CreateKey", "AES-256 by default"):
            meta = self.call("CreateKey", Description="e2e")["KeyMetadata"]
            self.key = meta["KeyId"]
            equal((meta["KeyState"], meta["KeySpec"], meta["KeyUsage"], meta["Origin"]),
                  ("Enabled", "Aliyun_AES_256", "ENCRYPT/DECRYPT", "Aliyun_KMS"))
            equal(meta["Creator"], os.environ["STRONGROOM_ACCOUNT_ID"])
            equal(meta["DeleteDate"], "")
            is_time(meta["CreationDate"])
        if not hasattr(self, "key"):
            return
        with self.case("DescribeKey", "by id and by ARN"):
            meta = self.call("DescribeKey", KeyId=self.key)["KeyMetadata"]
            equal(meta["Description"], "e2e")
            equal(self.call("DescribeKey", KeyId=meta["Arn"])["KeyMetadata"]["KeyId"], self.key)
            self.refused("Forbidden.KeyNotFound", 404, "DescribeKey", KeyId=str(uuid.uuid4()))
        with self.case("ListKeys", "pages hold the key"):
            found, page = [], 1
            while True:
                answer = self.call("ListKeys", PageNumber=page, PageSize=100)
                found += [k["KeyId"] for k in answer["Keys"]["Key"]]
                if len(answer["Keys"]["Key"]) < 100:
                    break
                page += 1
            assert self.key in found
            equal(answer["TotalCount"], len(found))
        with self.case("Encrypt", "and Decrypt give the text back"):
            answer = self.call("Encrypt", KeyId=self.key, Plaintext=HARD)
            equal(answer["KeyId"], self.key)
            self.blob = answer["CiphertextBlob"]
            assert HARD not in self.blob
        with self.case("Decrypt", "finds the key in the blob"):
            answer = self.call("Decrypt", CiphertextBlob=self.blob)
            equal(answer["Plaintext"], HARD)
            equal(answer["KeyId"], self.key)
            self.refused("InvalidParameter", 400, "Decrypt", CiphertextBlob="AAAA")
        with self.case("GenerateDataKey", "decrypts to the same Base64 text"):
            answer = self.call("GenerateDataKey", KeyId=self.key, NumberOfBytes=24)
            equal(len(base64.b64decode(answer["Plaintext"])), 24)
            equal(self.call("Decrypt", CiphertextBlob=answer["CiphertextBlob"])["Plaintext"], answer["Plaintext"])

    def key_state_governs_secrets(self):
        name = self.name + "/keyed"
        with self.case("DisableKey", "makes its secrets unreadable"):
            self.call("CreateSecret", SecretName=name, VersionId="v1", SecretData="x", EncryptionKeyId=self.key)
            equal(self.call("DescribeSecret", SecretName=name)["EncryptionKeyId"], self.key)
            self.call("DisableKey", KeyId=self.key)
            self.refused("Rejected.Disabled", 409, "GetSecretValue", SecretName=name)
            self.refused("Rejected.Disabled", 409, "PutSecretValue", SecretName=name, VersionId="v2", SecretData="y")
            self.refused("Rejected.Disabled", 409, "Encrypt", KeyId=self.key, Plaintext="x")
        with self.case("EnableKey", "makes them readable again"):
            self.call("EnableKey", KeyId=self.key)
            equal(self.call("GetSecretValue", SecretName=name)["SecretData"], "x")
        with self.case("ScheduleKeyDeletion", "makes them unreadable"):
            self.refused("InvalidParameter", 400, "ScheduleKeyDeletion", KeyId=self.key, PendingWindowInDays=6)
            self.call("ScheduleKeyDeletion", KeyId=self.key, PendingWindowInDays=7)
            self.refused("Rejected.PendingDeletion", 409, "GetSecretValue", SecretName=name)
            meta = self.call("DescribeKey", KeyId=self.key)["KeyMetadata"]
            equal(meta["KeyState"], "PendingDeletion")
            is_time(meta["DeleteDate"])
            self.refused("Rejected.StateModifiedFailed", 409, "EnableKey", KeyId=self.key)
        with self.case("CancelKeyDeletion", "leaves the key enabled"):
            self.call("CancelKeyDeletion", KeyId=self.key)
            equal(self.call("GetSecretValue", SecretName=name)["SecretData"], "x")
            self.call("DeleteSecret", SecretName=name, ForceDeleteWithoutRecovery="true")
            self.call("ScheduleKeyDeletion", KeyId=self.key, PendingWindowInDays=7)
