"""The life of an identity through the official typed packages: from the first user to sessions that read a secret.

    calls.py LANGUAGE

One script for every language; each has a small program (calls.py, calls.js, Calls.java, calls/main.go) that makes one call
of its packages for each line it reads. A call that a package does not have is left out, and said.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
E2E = os.path.dirname(HERE)
sys.path.insert(0, E2E)
from strongroom_e2e import languages  # noqa: E402
from strongroom_e2e.issuer import Issuer, run  # noqa: E402
from strongroom_e2e.report import Suite, equal  # noqa: E402
from strongroom_e2e.server import Server  # noqa: E402
from strongroom_e2e.wire import Wire  # noqa: E402

CALL_SECONDS = 30


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class NotInPackage(BaseException):
    """The package has no such action or parameter. No Exception: it leaves a case without a record."""


class Program:
    """A language's packages. Calls are signed with `key` unless another one is given."""

    def __init__(self, language, env, work):
        ca = env["STRONGROOM_CA_FILE"]
        base = {k: v for k, v in os.environ.items() if not k.startswith(("ALIBABA", "STRONGROOM"))}
        base.update({k: env[k] for k in ("STRONGROOM_ENDPOINT", "STRONGROOM_REGION", "STRONGROOM_CA_FILE")}, HOME=work, PYTHONPATH=E2E,
                    REQUESTS_CA_BUNDLE=ca, SSL_CERT_FILE=ca, NODE_EXTRA_CA_CERTS=ca, no_proxy="*", NO_PROXY="*",
                    NODE_PATH=os.path.join(languages.OUT, "node", "node_modules"))
        if language == "java":
            store = os.path.join(work, "truststore")
            run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", ca, "-keystore", store, "-storepass", "changeit")
            base["JAVA_TOOL_OPTIONS"] = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
        self.key = (env["ALIBABA_CLOUD_ACCESS_KEY_ID"], env["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], "")
        self.log = open(os.path.join(work, "program.log"), "ab")
        self.process = subprocess.Popen(languages.command(language, "calls"), env=base, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)

    def call(self, api, action, parameters, key):
        line = {"api": api, "action": action, "parameters": parameters, "key": list(key or self.key)}
        timer = threading.Timer(CALL_SECONDS, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline() or '{"code": "-", "message": "the program ended"}')
        finally:
            timer.cancel()
        if "unknown" in answer:
            raise NotInPackage(f"{action} {answer['unknown']}")
        if "code" in answer:
            raise Refused(answer["code"].removesuffix("Error"), answer["message"])
        return answer.get("body") or {}

    def ram(self, action, key=None, **parameters):
        return self.call("ram", action, parameters, key)

    def sts(self, action, key=None, **parameters):
        return self.call("sts", action, parameters, key)

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.log.close()


def refused(code, call, *arguments, **parameters):
    try:
        call(*arguments, **parameters)
    except Refused as error:
        equal(error.code, code, "code")
        return
    raise AssertionError(f"succeeded, expected {code}")


def document(*statements):
    return json.dumps({"Version": "1", "Statement": list(statements)})


def code_of(seed, step):
    """RFC 6238."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[-1] & 15:][:4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def credentials_of(answer):
    return answer["AccessKeyId"], answer["AccessKeySecret"], answer["SecurityToken"]


ASSUME = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
OWN_PASSWORD = {"Effect": "Allow", "Action": "ram:ChangePassword", "Resource": "*"}
READ = {"Effect": "Allow", "Action": "kms:GetSecretValue", "Resource": "*"}


class Life:
    def __init__(self, language, env, work, issuer):
        self.suite, self.issuer, self.language = Suite(f"{language} ram20150501"), issuer, language
        self.sdk, self.wire = Program(language, env, work), Wire.from_env(env)
        self.account, self.name = env["STRONGROOM_ACCOUNT_ID"], "e2e-" + uuid.uuid4().hex[:8]
        self.left_out, self.user_key = [], None
        self.role = f"acs:ram::{self.account}:role/{self.name}"
        self.provider = f"acs:ram::{self.account}:oidc-provider/{self.name}"

    def case(self, action, what, body):
        """Runs body(ram, sts, name)."""
        try:
            with self.suite.case(action, what):
                body(self.sdk.ram, self.sdk.sts, self.name)
        except NotInPackage as error:
            self.left_out.append(str(error))

    # --- RAM ---

    def users(self, ram, _, name):
        made = ram("CreateUser", UserName=name, DisplayName="E2E", Comments="made")["User"]
        equal((made["UserName"], made["DisplayName"]), (name, "E2E"))
        refused("EntityAlreadyExists.User", ram, "CreateUser", UserName=name)
        ram("UpdateUser", UserName=name, NewUserName=name + "-2", NewDisplayName="E2E 2")
        refused("EntityNotExist.User", ram, "GetUser", UserName=name)
        ram("UpdateUser", UserName=name + "-2", NewUserName=name)
        got = ram("GetUser", UserName=name)["User"]
        equal((got["UserId"], got["DisplayName"]), (made["UserId"], "E2E 2"))
        equal(name in [u["UserName"] for u in ram("ListUsers", MaxItems=1000)["Users"]["User"]], True)

    def groups(self, ram, _, name):
        ram("CreateGroup", GroupName=name, Comments="made")
        ram("AddUserToGroup", UserName=name, GroupName=name)
        equal([m["UserName"] for m in ram("ListUsersForGroup", GroupName=name)["Users"]["User"]], [name])
        equal([g["GroupName"] for g in ram("ListGroupsForUser", UserName=name)["Groups"]["Group"]], [name])
        ram("UpdateGroup", GroupName=name, NewComments="changed")
        equal(ram("GetGroup", GroupName=name)["Group"]["Comments"], "changed")
        equal(name in [g["GroupName"] for g in ram("ListGroups")["Groups"]["Group"]], True)

    def policies(self, ram, _, name):
        made = ram("CreatePolicy", PolicyName=name, PolicyDocument=document(READ), Description="made")["Policy"]
        equal(made["DefaultVersion"], "v1")
        refused("MalformedPolicyDocument", ram, "CreatePolicy", PolicyName=name + "x", PolicyDocument="{}")
        version = ram("CreatePolicyVersion", PolicyName=name, PolicyDocument=document(ASSUME, OWN_PASSWORD), SetAsDefault=True)["PolicyVersion"]
        equal((version["VersionId"], version["IsDefaultVersion"]), ("v2", True))
        got = ram("GetPolicy", PolicyName=name, PolicyType="Custom")
        equal(json.loads(got["DefaultPolicyVersion"]["PolicyDocument"]), json.loads(document(ASSUME, OWN_PASSWORD)))
        ram("SetDefaultPolicyVersion", PolicyName=name, VersionId="v1")
        first = ram("GetPolicyVersion", PolicyName=name, PolicyType="Custom", VersionId="v1")["PolicyVersion"]
        equal(json.loads(first["PolicyDocument"]), json.loads(document(READ)))
        ram("SetDefaultPolicyVersion", PolicyName=name, VersionId="v2")
        ram("DeletePolicyVersion", PolicyName=name, VersionId="v1")
        listed = ram("ListPolicyVersions", PolicyName=name, PolicyType="Custom")["PolicyVersions"]["PolicyVersion"]
        equal([v["VersionId"] for v in listed], ["v2"])
        custom = ram("ListPolicies", PolicyType="Custom", MaxItems=1000)["Policies"]["Policy"]
        equal(name in [p["PolicyName"] for p in custom], True)

    def describe_policy(self, ram, _, name):
        ram("UpdatePolicyDescription", PolicyName=name, NewDescription="changed")
        equal(ram("GetPolicy", PolicyName=name, PolicyType="Custom")["Policy"]["Description"], "changed")

    def roles(self, ram, _, name):
        trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
            "RAM": f"acs:ram::{self.account}:root", "Federated": self.provider}})
        role = ram("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust, Description="made")["Role"]
        equal((role["Arn"], json.loads(role["AssumeRolePolicyDocument"])), (self.role, json.loads(trust)))
        refused("MalformedPolicyDocument", ram, "UpdateRole", RoleName=name, NewAssumeRolePolicyDocument="{}")
        ram("UpdateRole", RoleName=name, NewAssumeRolePolicyDocument=trust)
        equal(ram("GetRole", RoleName=name)["Role"]["Description"], "made")
        equal(name in [r["RoleName"] for r in ram("ListRoles", MaxItems=1000)["Roles"]["Role"]], True)

    def tags(self, ram, _, name):
        ram("TagResources", ResourceType="role", ResourceNames=[name], Tag=[{"Key": "team", "Value": "a"}])
        listed = ram("ListTagResources", ResourceType="role", ResourceNames=[name])["TagResources"]
        rows = listed["TagResource"] if isinstance(listed, dict) else listed
        equal([(t["ResourceName"], t["TagKey"], t["TagValue"]) for t in rows], [(name, "team", "a")])
        ram("UntagResources", ResourceType="role", ResourceNames=[name], TagKeys=["team"])

    def attachments(self, ram, _, name):
        ram("AttachPolicyToGroup", GroupName=name, PolicyName=name, PolicyType="Custom")
        ram("AttachPolicyToUser", UserName=name, PolicyName="AliyunKMSReadOnlyAccess", PolicyType="System")
        ram("AttachPolicyToRole", RoleName=name, PolicyName="AliyunKMSSecretUserAccess", PolicyType="System")
        for whose, wanted in (("Group", name), ("User", "AliyunKMSReadOnlyAccess"), ("Role", "AliyunKMSSecretUserAccess")):
            listed = ram(f"ListPoliciesFor{whose}", **{whose + "Name": name})["Policies"]["Policy"]
            equal([p["PolicyName"] for p in listed], [wanted])
        entities = ram("ListEntitiesForPolicy", PolicyName=name, PolicyType="Custom")
        equal([g["GroupName"] for g in entities["Groups"]["Group"]], [name])
        ram("DetachPolicyFromUser", UserName=name, PolicyName="AliyunKMSReadOnlyAccess", PolicyType="System")
        refused("DeleteConflict.Role.Policy", ram, "DeleteRole", RoleName=name)

    def keys(self, ram, sts, name):
        key, other = (ram("CreateAccessKey", UserName=name)["AccessKey"] for _ in range(2))
        refused("LimitExceeded.User.AccessKey", ram, "CreateAccessKey", UserName=name)
        mine = (key["AccessKeyId"], key["AccessKeySecret"], "")
        equal(sts("GetCallerIdentity", key=mine)["IdentityType"], "RAMUser")
        ram("UpdateAccessKey", UserName=name, UserAccessKeyId=mine[0], Status="Inactive")
        refused("InvalidAccessKeyId.Inactive", sts, "GetCallerIdentity", key=mine)
        ram("UpdateAccessKey", UserName=name, UserAccessKeyId=mine[0], Status="Active")
        ram("DeleteAccessKey", UserName=name, UserAccessKeyId=other["AccessKeyId"])
        listed = ram("ListAccessKeys", UserName=name)["AccessKeys"]["AccessKey"]
        equal([(k["AccessKeyId"], k["Status"]) for k in listed], [(mine[0], "Active")])
        self.user_key = mine

    def last_use(self, ram, _, name):
        used = ram("GetAccessKeyLastUsed", UserName=name, UserAccessKeyId=self.user_key[0])["AccessKeyLastUsed"]
        equal(used["LastUsedDate"][:4], time.strftime("%Y", time.gmtime()))

    def login(self, ram, _, name):
        ram("CreateLoginProfile", UserName=name, Password="Open-Sesame-1", PasswordResetRequired=False, MFABindRequired=True)
        refused("EntityAlreadyExists.User.LoginProfile", ram, "CreateLoginProfile", UserName=name, Password="Open-Sesame-1")
        ram("UpdateLoginProfile", UserName=name, Password="Open-Sesame-2", PasswordResetRequired=True)
        equal(ram("GetLoginProfile", UserName=name)["LoginProfile"]["PasswordResetRequired"], True)
        refused("NoPermission", ram, "GetLoginProfile", key=self.user_key, UserName=name)

    def own_password(self, ram, _, name):
        refused("InvalidParameter.OldPassword", ram, "ChangePassword", key=self.user_key, OldPassword="wrong", NewPassword="Open-Sesame-3")
        ram("ChangePassword", key=self.user_key, OldPassword="Open-Sesame-2", NewPassword="Open-Sesame-3")

    def second_factor(self, ram, _, name):
        device = ram("CreateVirtualMFADevice", VirtualMFADeviceName=name)["VirtualMFADevice"]
        step = int(time.time()) // 30
        codes = {"AuthenticationCode1": code_of(device["Base32StringSeed"], step),
                 "AuthenticationCode2": code_of(device["Base32StringSeed"], step + 1)}
        wrong = {**codes, "AuthenticationCode2": codes["AuthenticationCode1"]}
        refused("InvalidParameter.AuthenticationCode", ram, "BindMFADevice", UserName=name, SerialNumber=device["SerialNumber"], **wrong)
        ram("BindMFADevice", UserName=name, SerialNumber=device["SerialNumber"], **codes)
        equal(ram("GetUserMFAInfo", UserName=name)["MFADevice"]["SerialNumber"], device["SerialNumber"])
        bound = ram("ListVirtualMFADevices")["VirtualMFADevices"]["VirtualMFADevice"]
        equal([d["User"]["UserName"] for d in bound if d["SerialNumber"] == device["SerialNumber"]], [name])
        refused("DeleteConflict.MFADevice.User", ram, "DeleteVirtualMFADevice", SerialNumber=device["SerialNumber"])
        ram("UnbindMFADevice", UserName=name)
        ram("DeleteVirtualMFADevice", SerialNumber=device["SerialNumber"])

    def settings(self, ram, _, name):
        ram("SetPasswordPolicy", MinimumPasswordLength=12, RequireNumbers=True)
        policy = ram("GetPasswordPolicy")["PasswordPolicy"]
        equal((policy["MinimumPasswordLength"], policy["RequireNumbers"]), (12, True))
        ram("SetSecurityPreference", AllowUserToChangePassword=True, LoginSessionDuration=8)
        preference = ram("GetSecurityPreference")["SecurityPreference"]
        equal(preference["LoginProfilePreference"]["LoginSessionDuration"], 8)
        ram("SetAccountAlias", AccountAlias=name)
        equal(ram("GetAccountAlias")["AccountAlias"], name)
        ram("ClearAccountAlias")
        refused("EntityNotExist.Alias", ram, "GetAccountAlias")

    # --- STS ---

    def reads_nothing_but_secrets(self, key, role_session):
        read = self.sdk.call("kms", "GetSecretValue", {"SecretName": self.name}, key)
        equal(read["SecretData"], "open sesame")
        refused("Forbidden.NoPermission", self.sdk.call, "kms", "DeleteSecret", {"SecretName": self.name}, key)
        who = self.sdk.sts("GetCallerIdentity", key=key)
        equal((who["Arn"], who["IdentityType"]), (f"acs:ram::{self.account}:assumed-role/{self.name}/{role_session}", "AssumedRoleUser"))

    def assume(self, _, sts, name):
        self.wire.ok("CreateSecret", {"SecretName": name, "VersionId": "v1", "SecretData": "open sesame"})
        answer = sts("AssumeRole", key=self.user_key, RoleArn=self.role, RoleSessionName="e2e", DurationSeconds=900)
        equal(answer["AssumedRoleUser"]["Arn"], f"{self.role}/e2e")
        self.session = credentials_of(answer["Credentials"])
        self.reads_nothing_but_secrets(self.session, "e2e")

    def narrowed(self, _, sts, name):
        only = document({**READ, "Resource": "acs:kms:*:*:secret/other"})
        answer = sts("AssumeRole", key=self.user_key, RoleArn=self.role, RoleSessionName="narrow", Policy=only)
        narrow = credentials_of(answer["Credentials"])
        refused("Forbidden.NoPermission", self.sdk.call, "kms", "GetSecretValue", {"SecretName": name}, narrow)
        refused("InvalidParameter.PolicyGrammar", sts, "AssumeRole", key=self.user_key, RoleArn=self.role, RoleSessionName="x1", Policy="{}")

    def not_assumed(self, _, sts, name):
        wanted = {"RoleArn": self.role, "RoleSessionName": "e2e"}
        refused("EntityNotExist.Role", sts, "AssumeRole", key=self.user_key, **{**wanted, "RoleArn": self.role + "-none"})
        refused("NoPermission", sts, "AssumeRole", **wanted)  # the account's root
        key_id, secret, token = self.session
        refused("InvalidSecurityToken.Malformed", sts, "GetCallerIdentity", key=(key_id, secret, token[:-8] + "AAAAAAA="))
        refused("InvalidSecurityToken.MismatchWithAccessKey", sts, "GetCallerIdentity", key=(*self.user_key[:2], token))

    def assume_with_oidc(self, _, sts, name):
        answer = self.wire.rpc("CreateOIDCProvider", {"Format": "JSON", "OIDCProviderName": name, "IssuerUrl": self.issuer.url,
                                                      "ClientIds": "sts.aliyuncs.com"}, version="2019-08-15")
        equal(answer.status, 200)
        wanted = {"RoleArn": self.role, "OIDCProviderArn": self.provider, "RoleSessionName": "job"}
        session = sts("AssumeRoleWithOIDC", OIDCToken=self.issuer.token("job"), **wanted)
        self.reads_nothing_but_secrets(credentials_of(session["Credentials"]), "job")
        for token, code in ((self.issuer.token("job", audience="other"), "AuthenticationFail.OIDCToken.AudienceNotMatch"),
                            (self.issuer.token("job")[:-4] + "AAAA", "AuthenticationFail.OIDCToken.InvalidSignature")):
            refused(code, sts, "AssumeRoleWithOIDC", OIDCToken=token, **wanted)

    def credentials(self, *_):
        wanted = {"RoleArn": self.role, "RoleSessionName": "package"}
        found = self.sdk.call("credentials", "", wanted, self.user_key)
        self.reads_nothing_but_secrets(credentials_of(found), "package")

    def revoked(self, ram, sts, name):
        answer = self.wire.acs3("RevokeSessions", {"RoleName": name}, version="2026-11-01")
        equal(answer.status, 200)
        refused("InvalidSecurityToken.Expired", sts, "GetCallerIdentity", key=self.session)
        again = sts("AssumeRole", key=self.user_key, RoleArn=self.role, RoleSessionName="again")
        ram("DetachPolicyFromRole", RoleName=name, PolicyName="AliyunKMSSecretUserAccess", PolicyType="System")
        ram("DeleteRole", RoleName=name)
        refused("InvalidSecurityToken.Expired", sts, "GetCallerIdentity", key=credentials_of(again["Credentials"]))

    # --- the end ---

    def user_goes(self, ram, _, name):
        refused("DeleteConflict.User.AccessKey", ram, "DeleteUser", UserName=name)
        ram("DeleteAccessKey", UserName=name, UserAccessKeyId=self.user_key[0])
        refused("DeleteConflict.User.Group", ram, "DeleteUser", UserName=name)
        refused("DeleteConflict.Group.User", ram, "DeleteGroup", GroupName=name)
        ram("RemoveUserFromGroup", UserName=name, GroupName=name)
        ram("DeleteLoginProfile", UserName=name)
        ram("DeleteUser", UserName=name)
        refused("EntityNotExist.User", ram, "GetUser", UserName=name)

    def policy_goes(self, ram, _, name):
        refused("DeleteConflict.Policy.Group", ram, "DeletePolicy", PolicyName=name)
        ram("DetachPolicyFromGroup", GroupName=name, PolicyName=name, PolicyType="Custom")
        ram("DeletePolicy", PolicyName=name)
        ram("DeleteGroup", GroupName=name)
        refused("EntityNotExist.Group", ram, "GetGroup", GroupName=name)

    def run(self):
        self.case("CreateUser", "a user: made, renamed, read, listed", self.users)
        self.case("CreateGroup", "a group with a member", self.groups)
        self.case("CreatePolicy", "a custom policy and its versions", self.policies)
        self.case("UpdatePolicyDescription", "a policy's description", self.describe_policy)
        self.case("CreateRole", "a role and its trust policy", self.roles)
        self.case("TagResources", "tags of a role", self.tags)
        self.case("AttachPolicyToRole", "policies of a group, a user and a role", self.attachments)
        self.case("CreateAccessKey", "two keys, switched off and on", self.keys)
        self.case("GetAccessKeyLastUsed", "it was just used", self.last_use)
        self.case("CreateLoginProfile", "a console password", self.login)
        self.case("ChangePassword", "one's own password", self.own_password)
        self.case("BindMFADevice", "a second factor: two codes in a row", self.second_factor)
        self.case("SetPasswordPolicy", "the account's rules and alias", self.settings)
        self.suite.client = f"{self.language} sts20150401"
        self.case("AssumeRole", "a session that reads a secret and nothing else", self.assume)
        self.case("AssumeRole", "a session policy narrows", self.narrowed)
        self.case("AssumeRole", "refusals", self.not_assumed)
        self.case("AssumeRoleWithOIDC", "a session for a token of an issuer; wrong tokens", self.assume_with_oidc)
        self.suite.client = f"{self.language} credentials"
        self.case("AssumeRole", "the package assumes the role", self.credentials)
        self.suite.client = f"{self.language} sts20150401"
        self.case("GetCallerIdentity", "sessions end when they are revoked and with their role", self.revoked)
        self.suite.client = f"{self.language} ram20150501"
        self.case("DeleteUser", "what is in use stays, then it goes", self.user_goes)
        self.case("DeletePolicy", "a policy and a group after their last use", self.policy_goes)
        if self.left_out:
            self.suite.record("-", "not in these packages: " + ", ".join(self.left_out), True)


def main():
    language = sys.argv[1]
    work = tempfile.mkdtemp(prefix="strongroom-identity-")
    try:
        issuer = Issuer(work, "localhost")
        with Server(arguments=["--set", "oidc.ca_file=" + issuer.ca, "--set", "oidc.private_hosts=localhost"]) as server:
            life = Life(language, server.env, work, issuer)
            try:
                life.run()
            finally:
                life.sdk.end()
            if life.suite.failed:
                with open(os.path.join(work, "program.log"), errors="replace") as log:
                    print(log.read()[-3000:])
            shutil.rmtree(server.work, ignore_errors=True)
        life.suite.finish()
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
