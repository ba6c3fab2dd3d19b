"""What Terraform's alicloud_ram_* resources send: RPC v1, the common parameters in the query, those of the action in the form;
create, read until it is as wanted, change, read, delete, and read again for the code that means "gone". Raw HTTP."""

import json
import os
import uuid

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.wire import RAM, Wire

IMS = "2019-08-15"
ACCOUNT = os.environ["STRONGROOM_ACCOUNT_ID"]
NAME = "tf-" + uuid.uuid4().hex[:8]

suite = Suite("terraform")
wire = Wire.from_env(os.environ)


def document(**statement):
    return json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", **statement}]})


def call(action, version=RAM, **parameters):
    """The provider's transport: every value is text."""
    given = {k.replace("__", "."): str(v).lower() if isinstance(v, bool) else str(v) for k, v in parameters.items()}
    return wire.rpc(action, {"RegionId": "cn-hangzhou", **given}, version=version, place="mixed")


def ok(action, version=RAM, **parameters):
    answer = call(action, version, **parameters)
    equal(answer.status, 200, f"{action} {answer.text}")
    return answer.json


def gone(code, action, version=RAM, **parameters):
    """404 and a code that begins with EntityNotExist: the provider takes the resource out of its state."""
    answer = call(action, version, **parameters)
    equal((answer.status, answer.code), (404, code), action)


def user():
    with suite.case("CreateUser", "alicloud_ram_user"):
        made = ok("CreateUser", UserName=NAME, DisplayName="TF", MobilePhone="86-18600008888", Email="a@example.com", Comments="c")["User"]
        assert made["UserId"].isdigit()
        got = ok("GetUser", UserName=NAME)["User"]
        equal({k: got[k] for k in ("UserId", "UserName", "DisplayName", "MobilePhone", "Email", "Comments")},
              {"UserId": made["UserId"], "UserName": NAME, "DisplayName": "TF", "MobilePhone": "86-18600008888",
               "Email": "a@example.com", "Comments": "c"})
        ok("UpdateUser", UserName=NAME, NewUserName=NAME, NewDisplayName="TF 2", NewComments="")
        equal(ok("GetUser", UserName=NAME)["User"]["DisplayName"], "TF 2")
        page = ok("ListUsers", MaxItems=1000)
        equal([u["UserName"] for u in page["Users"]["User"] if u["UserId"] == made["UserId"]], [NAME])
        equal(type(page["IsTruncated"]), bool)


def login():
    with suite.case("CreateLoginProfile", "alicloud_ram_login_profile"):
        made = ok("CreateLoginProfile", UserName=NAME, Password="Terraform-1", MFABindRequired=False, PasswordResetRequired=True)["LoginProfile"]
        equal((made["MFABindRequired"], made["PasswordResetRequired"]), (False, True))
        ok("UpdateLoginProfile", UserName=NAME, Password="Terraform-2", MFABindRequired=True, PasswordResetRequired=False)
        got = ok("GetLoginProfile", UserName=NAME)["LoginProfile"]
        equal((got["UserName"], got["MFABindRequired"], got["PasswordResetRequired"]), (NAME, True, False))
        ok("DeleteLoginProfile", UserName=NAME)
        gone("EntityNotExist.User.LoginProfile", "GetLoginProfile", UserName=NAME)


def access_key():
    with suite.case("CreateAccessKey", "alicloud_ram_access_key"):
        made = ok("CreateAccessKey", UserName=NAME)["AccessKey"]
        assert made["AccessKeySecret"]
        ok("UpdateAccessKey", UserName=NAME, UserAccessKeyId=made["AccessKeyId"], Status="Inactive")
        listed = ok("ListAccessKeys", UserName=NAME)["AccessKeys"]["AccessKey"]
        equal([(k["AccessKeyId"], k["Status"], "AccessKeySecret" in k) for k in listed], [(made["AccessKeyId"], "Inactive", False)])
        ok("DeleteAccessKey", UserName=NAME, UserAccessKeyId=made["AccessKeyId"])
        gone("EntityNotExist.User.AccessKey", "DeleteAccessKey", UserName=NAME, UserAccessKeyId=made["AccessKeyId"])


def group():
    with suite.case("CreateGroup", "alicloud_ram_group, alicloud_ram_group_membership"):
        ok("CreateGroup", GroupName=NAME, Comments="c")
        ok("UpdateGroup", GroupName=NAME, NewGroupName=NAME + "-2", NewComments="d")
        equal(ok("GetGroup", GroupName=NAME + "-2")["Group"]["Comments"], "d")
        ok("UpdateGroup", GroupName=NAME + "-2", NewGroupName=NAME)
        ok("AddUserToGroup", UserName=NAME, GroupName=NAME)
        equal([u["UserName"] for u in ok("ListUsersForGroup", GroupName=NAME)["Users"]["User"]], [NAME])
        equal([g["GroupName"] for g in ok("ListGroupsForUser", UserName=NAME)["Groups"]["Group"]], [NAME])


def policy():
    with suite.case("CreatePolicy", "alicloud_ram_policy"):
        first, second = (document(Action=action, Resource="*") for action in ("kms:List*", "kms:Describe*"))
        made = ok("CreatePolicy", PolicyName=NAME, PolicyDocument=first, Description="d",
                  RotateStrategy="DeleteOldestNonDefaultVersionWhenLimitExceeded", Tag__1__Key="env", Tag__1__Value="dev")["Policy"]
        equal((made["PolicyType"], made["DefaultVersion"]), ("Custom", "v1"))
        for number in range(2, 8):  # beyond five versions: the oldest goes
            ok("CreatePolicyVersion", PolicyName=NAME, PolicyDocument=second if number % 2 else first, SetAsDefault=True,
               RotateStrategy="DeleteOldestNonDefaultVersionWhenLimitExceeded")
        got = ok("GetPolicy", PolicyName=NAME, PolicyType="Custom")
        equal((got["Policy"]["DefaultVersion"], got["Policy"]["AttachmentCount"]), ("v7", 0))
        equal(json.loads(got["DefaultPolicyVersion"]["PolicyDocument"]), json.loads(second))
        versions = ok("ListPolicyVersions", PolicyName=NAME, PolicyType="Custom")["PolicyVersions"]["PolicyVersion"]
        equal(len(versions), 5)
        equal(type(versions[0]["IsDefaultVersion"]), bool)


def role():
    with suite.case("CreateRole", "alicloud_ram_role"):
        trust = document(Action="sts:AssumeRole", Principal={"RAM": [f"acs:ram::{ACCOUNT}:root"], "Service": ["ecs.aliyuncs.com"]})
        made = ok("CreateRole", RoleName=NAME, AssumeRolePolicyDocument=trust, Description="d", MaxSessionDuration=7200)["Role"]
        equal((made["Arn"], made["MaxSessionDuration"]), (f"acs:ram::{ACCOUNT}:role/{NAME}", 7200))
        ok("UpdateRole", RoleName=NAME, NewAssumeRolePolicyDocument=trust, NewMaxSessionDuration=3600, NewDescription="e")
        got = ok("GetRole", RoleName=NAME)["Role"]
        equal((got["MaxSessionDuration"], got["Description"], got["RoleId"]), (3600, "e", made["RoleId"]))
        equal(json.loads(got["AssumeRolePolicyDocument"]), json.loads(trust))
    with suite.case("TagResources", "tags of alicloud_ram_role and alicloud_ram_policy"):
        for kind in ("role", "policy"):
            ok("TagResources", ResourceType=kind, ResourceNames__1=NAME, Tag__1__Key="team", Tag__1__Value="a", Tag__2__Key="x", Tag__2__Value="")
            ok("UntagResources", ResourceType=kind, ResourceNames__1=NAME, TagKeys__1="x")
            listed = ok("ListTagResources", ResourceType=kind, ResourceNames__1=NAME)["TagResources"]
            rows = listed["TagResource"] if isinstance(listed, dict) else listed
            equal(("team", "a") in [(t["TagKey"], t["TagValue"]) for t in rows], True)


def attachments():
    with suite.case("AttachPolicyToUser", "alicloud_ram_user_policy_attachment, …_group_…, …_role_…"):
        for whose in ("User", "Group", "Role"):
            target = {whose + "Name": NAME}
            ok(f"AttachPolicyTo{whose}", PolicyName=NAME, PolicyType="Custom", **target)
            again = call(f"AttachPolicyTo{whose}", PolicyName=NAME, PolicyType="Custom", **target)
            equal((again.status, again.code), (409, f"EntityAlreadyExists.{whose}.Policy"))
            listed = ok(f"ListPoliciesFor{whose}", **target)["Policies"]["Policy"]
            equal([(p["PolicyName"], p["PolicyType"]) for p in listed], [(NAME, "Custom")])
        entities = ok("ListEntitiesForPolicy", PolicyName=NAME, PolicyType="Custom")
        equal([[one[key] for one in entities[wrapper][item]] for wrapper, item, key in (
            ("Users", "User", "UserName"), ("Groups", "Group", "GroupName"), ("Roles", "Role", "RoleName"))], [[NAME]] * 3)


def settings():
    with suite.case("SetPasswordPolicy", "alicloud_ram_account_password_policy, alicloud_ram_account_alias, …_security_preference"):
        ok("SetPasswordPolicy", MinimumPasswordLength=9, RequireLowercaseCharacters=False, RequireUppercaseCharacters=False,
           RequireNumbers=False, RequireSymbols=False, HardExpiry=True, MaxPasswordAge=12, PasswordReusePrevention=5, MaxLoginAttemps=3)
        got = ok("GetPasswordPolicy")["PasswordPolicy"]
        equal((got["MinimumPasswordLength"], got["HardExpiry"], got["MaxPasswordAge"], got["PasswordReusePrevention"], got["MaxLoginAttemps"]),
              (9, True, 12, 5, 3))
        ok("SetAccountAlias", AccountAlias=NAME)
        equal(ok("GetAccountAlias")["AccountAlias"], NAME)
        ok("ClearAccountAlias")
        ok("SetSecurityPreference", EnableSaveMFATicket=True, AllowUserToChangePassword=True, AllowUserToManageAccessKeys=False,
           AllowUserToManageMFADevices=True, LoginSessionDuration=7)
        got = ok("GetSecurityPreference")["SecurityPreference"]["LoginProfilePreference"]
        equal((got["EnableSaveMFATicket"], got["LoginSessionDuration"]), (True, 7))
        ok("SetPasswordPolicy", MinimumPasswordLength=8)
    with suite.case("CreateOIDCProvider", "alicloud_ims_oidc_provider"):
        ok("CreateOIDCProvider", IMS, OIDCProviderName=NAME, IssuerUrl="https://issuer.example.com", ClientIds="a,b", IssuanceLimitTime=12)
        got = ok("GetOIDCProvider", IMS, OIDCProviderName=NAME)["OIDCProvider"]
        equal((got["Arn"], got["ClientIds"]), (f"acs:ram::{ACCOUNT}:oidc-provider/{NAME}", "a,b"))
        ok("DeleteOIDCProvider", IMS, OIDCProviderName=NAME)
        gone("EntityNotExist.OIDCProvider", "GetOIDCProvider", IMS, OIDCProviderName=NAME)


def destroy():
    with suite.case("DeleteUser", "terraform destroy: everything goes, in the provider's order"):
        for whose in ("User", "Group", "Role"):
            ok(f"DetachPolicyFrom{whose}", PolicyName=NAME, PolicyType="Custom", **{whose + "Name": NAME})
            gone(f"EntityNotExist.{whose}.Policy", f"DetachPolicyFrom{whose}", PolicyName=NAME, PolicyType="Custom", **{whose + "Name": NAME})
        ok("RemoveUserFromGroup", UserName=NAME, GroupName=NAME)
        for version in ok("ListPolicyVersions", PolicyName=NAME, PolicyType="Custom")["PolicyVersions"]["PolicyVersion"]:
            if not version["IsDefaultVersion"]:
                ok("DeletePolicyVersion", PolicyName=NAME, VersionId=version["VersionId"])
        ok("DeletePolicy", PolicyName=NAME)
        ok("DeleteRole", RoleName=NAME)
        ok("DeleteGroup", GroupName=NAME)
        ok("DeleteUser", UserName=NAME)
        gone("EntityNotExist.User", "GetUser", UserName=NAME)
        gone("EntityNotExist.Group", "GetGroup", GroupName=NAME)
        gone("EntityNotExist.Role", "GetRole", RoleName=NAME)
        gone("EntityNotExist.Policy", "GetPolicy", PolicyName=NAME, PolicyType="Custom")


for step in (user, login, access_key, group, policy, role, attachments, settings, destroy):
    step()
suite.finish()
