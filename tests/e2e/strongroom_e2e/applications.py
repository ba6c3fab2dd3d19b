"""Applications: access points with client keys, and what lies in the server's KMS instance. Python standard library only."""

import atexit
import json
import os
import shutil
import tempfile
import time
import uuid

from strongroom_e2e.wire import Wire

PASSWORD = "Testpass123"
BOTH_ROLES = ("CryptoServiceKeyUser", "CryptoServiceSecretUser")


def work_directory(name):
    """A directory that goes with this process."""
    folder = tempfile.mkdtemp(prefix=f"strongroom-{name}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def validity(start, end):
    """NotBefore and NotAfter, in seconds from now."""
    at = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds)) for seconds in (start, end)]
    return {"NotBefore": at[0], "NotAfter": at[1]}


class ClientKey:
    """What CreateClientKey gave out, and the two files that the cloud's console offers."""

    def __init__(self, answer):
        self.id = answer["ClientKeyId"]
        self.content = json.dumps({"KeyId": self.id, "PrivateKeyData": answer["PrivateKeyData"]})
        self.password = PASSWORD

    def files(self):
        folder = work_directory("client-key")
        names = os.path.join(folder, f"clientKey_{self.id}.json"), os.path.join(folder, f"clientKey_{self.id}_Password.txt")
        for name, text in zip(names, (self.content, self.password)):
            with open(os.open(name, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
                out.write(text)
        return names


class Applications:
    def __init__(self, env=os.environ):
        self.wire = Wire.from_env(env)
        self.instance = env.get("STRONGROOM_INSTANCE_ID", "")
        self.ca = env.get("STRONGROOM_INSTANCE_CA_FILE", "")
        # Clients need a host name of the certificate, no address.
        self.endpoint = "localhost:" + env.get("STRONGROOM_INSTANCE_ENDPOINT", ":0").rsplit(":", 1)[1]
        self.tail = uuid.uuid4().hex[:8]

    def call(self, action, **parameters):
        return self.wire.ok(action, parameters, place="form")

    def key(self, instance=None, **parameters):
        return self.call("CreateKey", DKMSInstanceId=instance or self.instance, **parameters)["KeyMetadata"]["KeyId"]

    def secret(self, name, value, key=None, instance=None):
        self.call("CreateSecret", SecretName=name, VersionId="v1", SecretData=value, DKMSInstanceId=instance or self.instance,
                  EncryptionKeyId=key or self.key(instance))

    def instance_of_ours(self, name):
        """One more connected instance."""
        made = self.wire.ok("CreateInstance", {"ProductCode": "kms", "InstanceName": name}, version="2017-12-14", place="form")
        identity = made["Data"]["InstanceId"]
        self.call("ConnectKmsInstance", KmsInstanceId=identity, VpcId="vpc-a", ZoneIds="cn-hangzhou-a", VSwitchIds="vsw-a")
        return identity

    def client_key(self, name, resources=("key/*", "secret/*"), permissions=BOTH_ROLES, rules=(), scope=None, **validity):
        """A client key of a new access point with one policy."""
        name = f"{name}-{self.tail}"
        self.call("CreatePolicy", Name="pol-" + name, KmsInstance=scope or self.instance,
                  AccessControlRules=json.dumps({"NetworkRules": list(rules)}), Resources=json.dumps(list(resources)),
                  Permissions=json.dumps([f"RbacPermission/Template/{role}" for role in permissions]))
        self.call("CreateApplicationAccessPoint", Name="aap-" + name, AuthenticationMethod="ClientKey",
                  Policies=json.dumps(["pol-" + name]))
        return ClientKey(self.call("CreateClientKey", AapName="aap-" + name, Password=PASSWORD, **validity))
