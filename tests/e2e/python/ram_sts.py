"""alibabacloud-ram20150501 and alibabacloud-sts20150401: identity from the first user to a session that reads a secret."""

import json
import os
import uuid

from alibabacloud_kms20160120 import models as kms
from alibabacloud_kms20160120.client import Client as Kms
from alibabacloud_ram20150501 import models as ram
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.models import Config

from strongroom_e2e.report import Suite, equal

ACCOUNT = os.environ["STRONGROOM_ACCOUNT_ID"]
NAME = "e2e-" + uuid.uuid4().hex[:8]
READ = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "kms:GetSecretValue", "Resource": "*"}]})
ASSUME = json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]})
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": f"acs:ram::{ACCOUNT}:root"}}]})


def config(key_id=None, secret=None, token=None):
    return Config(endpoint=os.environ["STRONGROOM_ENDPOINT"], protocol="https", ca=os.environ["STRONGROOM_CA_FILE"],
                  region_id=os.environ["STRONGROOM_REGION"], security_token=token,
                  access_key_id=key_id or os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
                  access_key_secret=secret or os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"])


def refused(code, call):
    try:
        call()
    except Exception as error:
        equal(getattr(error, "code", None), code, "code")
        return
    raise AssertionError(f"succeeded, expected {code}")


def main():
    suite, client = Suite("python ram20150501"), Ram(config())
    with suite.case("CreateUser", "a user"):
        user = client.create_user(ram.CreateUserRequest(user_name=NAME, display_name="E2E")).body.user
        equal(user.user_name, NAME)
        refused("EntityAlreadyExists.User", lambda: client.create_user(ram.CreateUserRequest(user_name=NAME)))
    with suite.case("CreateGroup", "a group with a member"):
        client.create_group(ram.CreateGroupRequest(group_name=NAME))
        client.add_user_to_group(ram.AddUserToGroupRequest(user_name=NAME, group_name=NAME))
        members = client.list_users_for_group(ram.ListUsersForGroupRequest(group_name=NAME)).body.users.user
        equal([m.user_name for m in members], [NAME])
    with suite.case("CreatePolicy", "a custom policy with two versions"):
        made = client.create_policy(ram.CreatePolicyRequest(policy_name=NAME, policy_document=READ)).body.policy
        equal(made.default_version, "v1")
        version = client.create_policy_version(ram.CreatePolicyVersionRequest(
            policy_name=NAME, policy_document=ASSUME, set_as_default=True)).body.policy_version
        equal((version.version_id, version.is_default_version), ("v2", True))
        got = client.get_policy(ram.GetPolicyRequest(policy_name=NAME, policy_type="Custom")).body
        equal(json.loads(got.default_policy_version.policy_document), json.loads(ASSUME))
        refused("MalformedPolicyDocument", lambda: client.create_policy(
            ram.CreatePolicyRequest(policy_name=NAME + "x", policy_document="{}")))
    with suite.case("AttachPolicyToGroup", "the group's policy is the user's"):
        client.attach_policy_to_group(ram.AttachPolicyToGroupRequest(group_name=NAME, policy_name=NAME, policy_type="Custom"))
        entities = client.list_entities_for_policy(ram.ListEntitiesForPolicyRequest(policy_name=NAME, policy_type="Custom")).body
        equal([g.group_name for g in entities.groups.group], [NAME])
    with suite.case("CreateRole", "a role that may read secrets"):
        role = client.create_role(ram.CreateRoleRequest(role_name=NAME, assume_role_policy_document=TRUST)).body.role
        equal(role.arn, f"acs:ram::{ACCOUNT}:role/{NAME}")
        client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=NAME, policy_name="AliyunKMSSecretUserAccess", policy_type="System"))
    with suite.case("CreateAccessKey", "a key of the user"):
        key = client.create_access_key(ram.CreateAccessKeyRequest(user_name=NAME)).body.access_key
        equal(key.status, "Active")

    suite.client = "python sts20150401"
    service = Sts(config(key.access_key_id, key.access_key_secret))
    with suite.case("GetCallerIdentity", "a user"):
        equal(service.get_caller_identity().body.identity_type, "RAMUser")
    with suite.case("AssumeRole", "a session that reads a secret and nothing else"):
        Kms(config()).create_secret(kms.CreateSecretRequest(secret_name=NAME, version_id="v1", secret_data="open sesame"))
        answer = service.assume_role(sts.AssumeRoleRequest(role_arn=role.arn, role_session_name="e2e")).body
        credentials = answer.credentials
        session = config(credentials.access_key_id, credentials.access_key_secret, credentials.security_token)
        equal(answer.assumed_role_user.arn, f"{role.arn}/e2e")
        equal(Sts(session).get_caller_identity().body.arn, f"acs:ram::{ACCOUNT}:assumed-role/{NAME}/e2e")
        equal(Kms(session).get_secret_value(kms.GetSecretValueRequest(secret_name=NAME)).body.secret_data, "open sesame")
        refused("Forbidden.NoPermission", lambda: Kms(session).delete_secret(kms.DeleteSecretRequest(secret_name=NAME)))
    with suite.case("AssumeRole", "refusals"):
        refused("EntityNotExist.Role", lambda: service.assume_role(
            sts.AssumeRoleRequest(role_arn=role.arn + "-none", role_session_name="e2e")))
        refused("NoPermission", lambda: Sts(config()).assume_role(
            sts.AssumeRoleRequest(role_arn=role.arn, role_session_name="e2e")))
        spoilt = credentials.security_token[:-8] + "AAAAAAA="
        refused("InvalidSecurityToken.Malformed", lambda: Sts(
            config(credentials.access_key_id, credentials.access_key_secret, spoilt)).get_caller_identity())
    with suite.case("GetCallerIdentity", "a session ends with its role"):
        client.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
            role_name=NAME, policy_name="AliyunKMSSecretUserAccess", policy_type="System"))
        client.delete_role(ram.DeleteRoleRequest(role_name=NAME))
        refused("InvalidSecurityToken.Expired", lambda: Sts(session).get_caller_identity())

    suite.client = "python ram20150501"
    with suite.case("DeleteUser", "what is in use stays, then all goes"):
        refused("DeleteConflict.User.AccessKey", lambda: client.delete_user(ram.DeleteUserRequest(user_name=NAME)))
        client.delete_access_key(ram.DeleteAccessKeyRequest(user_name=NAME, user_access_key_id=key.access_key_id))
        refused("DeleteConflict.User.Group", lambda: client.delete_user(ram.DeleteUserRequest(user_name=NAME)))
        client.remove_user_from_group(ram.RemoveUserFromGroupRequest(user_name=NAME, group_name=NAME))
        client.delete_user(ram.DeleteUserRequest(user_name=NAME))
        refused("EntityNotExist.User", lambda: client.get_user(ram.GetUserRequest(user_name=NAME)))
    with suite.case("DeletePolicy", "a policy after its last use"):
        refused("DeleteConflict.Policy.Group", lambda: client.delete_policy(ram.DeletePolicyRequest(policy_name=NAME)))
        client.detach_policy_from_group(ram.DetachPolicyFromGroupRequest(
            group_name=NAME, policy_name=NAME, policy_type="Custom"))
        client.delete_policy(ram.DeletePolicyRequest(policy_name=NAME, cascading_delete=True))
        client.delete_group(ram.DeleteGroupRequest(group_name=NAME))
    suite.finish()


if __name__ == "__main__":
    main()
