"""KMS instances and application access points through alibabacloud-kms20160120; a client key's file is opened with
`cryptography`, and signs RPC requests on the shared gateway as the first generation of secrets clients does.
"""

import base64
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
import uuid
from datetime import datetime, timezone

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import pkcs12

from kms20160120 import Adapter, make_client
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import Wire

PASSWORD = "Testpass123"


def quote(text):
    return urllib.parse.quote(str(text), safe="-_.~")


def signed_by_client_key(key_id, key, parameters):
    """RPC v1 with SignatureMethod=SHA256withRSA and SignatureType=PRIVATEKEY; the JSON answer."""
    common = {"Version": "2016-01-20", "Format": "JSON", "AccessKeyId": key_id, "SignatureMethod": "SHA256withRSA",
              "SignatureType": "PRIVATEKEY", "SignatureVersion": "1.0", "SignatureNonce": uuid.uuid4().hex,
              "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), **parameters}
    query = "&".join(f"{quote(k)}={quote(v)}" for k, v in sorted(common.items()))
    text = f"POST&%2F&{quote(query)}".encode()
    signature = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    url = f"https://{os.environ['STRONGROOM_ENDPOINT']}/?{query}&Signature={quote(signature)}"
    context = ssl.create_default_context(cafile=os.environ["STRONGROOM_CA_FILE"])
    request = urllib.request.Request(url, data=b"", method="POST")
    try:
        with urllib.request.urlopen(request, context=context) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


class Life:
    def __init__(self):
        self.suite = Suite("python kms20160120 instances")
        self.sdk = Adapter()
        self.tail = uuid.uuid4().hex[:8]
        self.instance = os.environ["STRONGROOM_INSTANCE_ID"]

    def call(self, action, **parameters):
        return self.sdk.call(action, parameters)

    def refused(self, code, action, **parameters):
        try:
            self.call(action, **parameters)
        except Exception as error:
            equal(self.sdk.failure(error)[0], code)
        else:
            raise AssertionError("succeeded")

    def instances(self):
        with self.suite.case("ListKmsInstances", "the development server has one"):
            items = self.call("ListKmsInstances")["KmsInstances"]["KmsInstance"]
            assert self.instance in [item["KmsInstanceId"] for item in items], items
        with self.suite.case("GetDefaultKmsInstance", "is named"):
            assert self.call("GetDefaultKmsInstance")["DefaultKmsInstanceId"].startswith("kst-")
        with self.suite.case("GetKmsInstance", "connected, with a CA of its own"):
            found = self.call("GetKmsInstance", KmsInstanceId=self.instance)["KmsInstance"]
            equal(found["Status"], "Connected")
            assert found["CaCertificateChainPem"].startswith("-----BEGIN CERTIFICATE-----")
            equal(type(found["SecretNum"]), str)
        with self.suite.case("GetKmsInstanceQuotaInfos", "four quotas"):
            rows = self.call("GetKmsInstanceQuotaInfos", KmsInstanceId=self.instance)["KmsInstanceQuotaInfos"]
            equal(sorted(row["ResourceType"] for row in rows), ["key", "qps", "secret", "vpc"])
        with self.suite.case("UpdateKmsInstanceBindVpc", "binds"):
            self.call("UpdateKmsInstanceBindVpc", KmsInstanceId=self.instance, BindVpcs=json.dumps(
                [{"VpcId": "vpc-e2e", "VSwitchId": "vsw-e2e", "RegionId": "cn-hangzhou", "VpcOwnerId": 1190000000}]))
        with self.suite.case("ReleaseKmsInstance", "unknown instance"):
            self.refused("Forbidden.DKMSInstanceNotFound", "ReleaseKmsInstance", KmsInstanceId="kst-nowhere")
        with self.suite.case("ConnectKmsInstance", "only once"):
            self.refused("Forbidden.DKMSInstanceStateInvalid", "ConnectKmsInstance", KmsInstanceId=self.instance,
                         VpcId="vpc-1", KMProvider="Aliyun", ZoneIds="a", VSwitchIds="vsw-1")

    def secrets(self):
        key = self.call("CreateKey", DKMSInstanceId=self.instance)["KeyMetadata"]
        with self.suite.case("CreateSecret", "in an instance, with a key of it"):
            equal(key["DKMSInstanceId"], self.instance)
            made = self.call("CreateSecret", SecretName=f"e2e/kst/{self.tail}", VersionId="v1", SecretData="inside",
                             EncryptionKeyId=key["KeyId"], DKMSInstanceId=self.instance)
            equal(made["DKMSInstanceId"], self.instance)
            equal(self.call("GetSecretValue", SecretName=f"e2e/kst/{self.tail}")["SecretData"], "inside")
        with self.suite.case("CreateSecret", "not with a key of elsewhere"):
            self.refused("InvalidParameter", "CreateSecret", SecretName=f"e2e/no/{self.tail}", VersionId="v1",
                         SecretData="x", EncryptionKeyId=key["KeyId"])

    def data_keys(self):
        name = f"e2e-{self.tail}"
        wire = Wire.from_env(os.environ)
        ids = [wire.ok("CreateManagedDataKeyVersion", {"DataKeyName": name}, version="2026-11-01",
                       place="form")["DataKeyVersionId"] for _ in range(2)]
        with self.suite.case("ListManagedDataKeyVersions", "oldest first"):
            answer = self.call("ListManagedDataKeyVersions", DataKeyName=name)
            rows = answer["ManagedDataKeyVersions"]["ManagedDataKeyVersion"]
            equal([row["DataKeyVersionId"] for row in rows], ids)
            equal(rows[0]["DataKeyVersionName"], f"kms-datakeyversion!{name}!{ids[0]}")
            equal((answer["PageNumber"], answer["PageSize"], answer["TotalCount"]), (1, 10, 2))
        with self.suite.case("GetManagedDataKey", "the first, the newest, one by its id"):
            first = self.call("GetManagedDataKey", DataKeyName=name)
            newest = self.call("GetManagedDataKey", DataKeyName=name, UseLatest=True)
            equal((first["DataKeyVersionId"], newest["DataKeyVersionId"]), tuple(ids))
            equal(len(base64.b64decode(first["Plaintext"])), 32)
            assert first["Plaintext"] != newest["Plaintext"]
            one = self.call("GetManagedDataKey", DataKeyName=name, DataKeyVersionId=ids[1])
            equal(one["Plaintext"], newest["Plaintext"])
        with self.suite.case("GetManagedDataKey", "of nothing"):
            self.refused("Forbidden.ResourceNotFound", "GetManagedDataKey", DataKeyName=name + "x")

    def across_accounts(self):
        made = Wire.from_env(os.environ).ok("CreateAccount", {"Alias": f"far-{self.tail}"}, version="2026-11-01", place="form")
        key = self.call("CreateKey", DKMSInstanceId=self.instance)["KeyMetadata"]
        other = make_client(made["AccessKey"]["AccessKeySecret"], made["AccessKey"]["AccessKeyId"])

        def theirs(action, **parameters):
            return self.sdk.call(action, parameters, other)

        def refused(code, action, **parameters):
            try:
                theirs(action, **parameters)
            except Exception as error:
                equal(self.sdk.failure(error)[0], code)
            else:
                raise AssertionError("succeeded")

        seal = {"KeyId": key["Arn"], "Plaintext": "shared"}
        own = self.call("Encrypt", **seal)["CiphertextBlob"]
        with self.suite.case("Decrypt", "another account without a policy: neither by ARN nor by ciphertext"):
            refused("Forbidden.NoPermission", "Encrypt", **seal)
            refused("Forbidden.KeyNotFound", "Decrypt", CiphertextBlob=own)
        with self.suite.case("SetKeyPolicy", "lets another account encrypt and decrypt"):
            statement = {"Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{made['Account']['AccountId']}:root"]},
                         "Action": ["kms:Encrypt", "kms:Decrypt"], "Resource": "*"}
            self.call("SetKeyPolicy", KeyId=key["KeyId"], Policy=json.dumps({"Version": "1", "Statement": [statement]}))
            for blob in (own, theirs("Encrypt", **seal)["CiphertextBlob"]):
                equal(theirs("Decrypt", CiphertextBlob=blob)["Plaintext"], "shared")
                equal(self.call("Decrypt", CiphertextBlob=blob)["Plaintext"], "shared")
            refused("Forbidden.NoPermission", "GenerateDataKey", KeyId=key["Arn"])

    def access_points(self):
        tail = self.tail
        with self.suite.case("CreateNetworkRule", "echoes compact text"):
            made = self.call("CreateNetworkRule", Name=f"rule-{tail}", Type="Public",
                             SourcePrivateIp='["127.0.0.0/8", "::1"]')
            equal(made["SourcePrivateIp"], '["127.0.0.0/8","::1"]')
        with self.suite.case("CreatePolicy", "text there, arrays in DescribePolicy"):
            rules = json.dumps({"NetworkRules": [f"rule-{tail}"]})
            made = self.call("CreatePolicy", Name=f"pol-{tail}", KmsInstance="shared", AccessControlRules=rules,
                             Permissions='["RbacPermission/Template/SecretUser"]', Resources=f'["secret/e2e/aap/{tail}"]')
            equal(made["AccessControlRules"], rules)
            equal(self.call("DescribePolicy", Name=f"pol-{tail}")["Resources"], [f"secret/e2e/aap/{tail}"])
        with self.suite.case("CreateApplicationAccessPoint", "describes itself"):
            self.call("CreateApplicationAccessPoint", Name=f"aap-{tail}", Policies=json.dumps([f"pol-{tail}"]),
                      AuthenticationMethod="ClientKey")
            equal(self.call("DescribeApplicationAccessPoint", Name=f"aap-{tail}")["Policies"], f'["pol-{tail}"]')
        made = self.call("CreateClientKey", AapName=f"aap-{tail}", Password=PASSWORD)
        key_id = made["ClientKeyId"]
        with self.suite.case("CreateClientKey", "the PKCS#12 file opens under its password"):
            key, certificate, more = pkcs12.load_key_and_certificates(
                base64.b64decode(made["PrivateKeyData"]), PASSWORD.encode())
            equal((key.key_size, more), (2048, []))
            assert certificate is not None
        with self.suite.case("GetClientKey", "the public half"):
            assert self.call("GetClientKey", ClientKeyId=key_id)["PublicKeyData"].startswith("-----BEGIN CERT")
            equal([k["ClientKeyId"] for k in self.call("ListClientKeys", AapName=f"aap-{tail}")["ClientKeys"]], [key_id])
        self.reads(key_id, key)

    def reads(self, key_id, key):
        tail = self.tail
        Wire.from_env(os.environ).ok("CreateSecret", {"SecretName": f"e2e/aap/{tail}", "VersionId": "v1",
                                                       "SecretData": "for the application"}, place="form")

        def read(name):
            return signed_by_client_key(key_id, key, {"Action": "GetSecretValue", "SecretName": name})

        with self.suite.case("GetSecretValue", "signed by a client key"):
            equal(read(f"e2e/aap/{tail}").get("SecretData"), "for the application")
        with self.suite.case("GetSecretValue", "client key: another resource"):
            equal(read("e2e/other").get("Code"), "Forbidden.NoPermission")
        with self.suite.case("UpdateNetworkRule", "another address counts at once"):
            self.call("UpdateNetworkRule", Name=f"rule-{tail}", SourcePrivateIp='["192.0.2.0/24"]')
            equal(read(f"e2e/aap/{tail}").get("Code"), "Forbidden.NoPermission")
            self.call("DeleteNetworkRule", Name=f"rule-{tail}")
            equal(read(f"e2e/aap/{tail}").get("Code"), "Forbidden.NoPermission")
        with self.suite.case("DeleteClientKey", "counts at once"):
            self.call("DeleteClientKey", ClientKeyId=key_id)
            equal(read(f"e2e/aap/{tail}").get("Code"), "InvalidAccessKeyId.NotFound")
        with self.suite.case("DeleteApplicationAccessPoint", "and its policy"):
            self.call("UpdateApplicationAccessPoint", Name=f"aap-{tail}", Description="going")
            self.call("ListApplicationAccessPoints")
            self.call("DeleteApplicationAccessPoint", Name=f"aap-{tail}")
            self.call("UpdatePolicy", Name=f"pol-{tail}", Description="going")
            self.call("ListPolicies")
            self.call("ListNetworkRules")
            self.call("DeletePolicy", Name=f"pol-{tail}")
            self.refused("Forbidden.ResourceNotFound", "DescribePolicy", Name=f"pol-{tail}")


if __name__ == "__main__":
    life = Life()
    life.instances()
    life.secrets()
    life.data_keys()
    life.across_accounts()
    life.access_points()
    life.suite.finish()
