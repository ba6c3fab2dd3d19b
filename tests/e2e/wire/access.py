"""Decisions against a model of the permission rules that shares nothing with the server (tests/contract/authorisation/model.py).

Small worlds by chance: users, a group, roles with sessions of several names, policies of both effects with wildcards and
conditions, policies of secrets and keys. Every world is asked over HTTP by everybody, then who-can, what-can and explain are
compared with what the model finds by trying all circumstances. STRONGROOM_SEED gives the seed of an earlier run.
"""

import itertools
import json
import os
import random
import sys
import time

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import ROOT, Server
from strongroom_e2e.wire import BSS, RAM, STS, Wire, utc

sys.path.insert(0, os.path.join(ROOT, "tests", "contract", "authorisation"))
import model  # noqa: E402

WORLDS = int(os.environ.get("STRONGROOM_WORLDS", "3"))
OWN = "2026-11-01"
ACTIONS = {"secret": {"kms:DescribeSecret": {}, "kms:GetSecretValue": {}, "kms:ListSecretVersionIds": {},
                      "kms:UpdateSecret": {"Description": "d"}},
           "key": {"kms:DescribeKey": {}, "kms:Encrypt": {"Plaintext": "aGVsbG8="}, "kms:ListKeyVersions": {}}}
USERS, ROLES, SESSIONS = ("ann", "ben"), ("job", "app"), ("alice", "al1ce", "bob")
# Whoever these patterns tell apart has a name here; ALICE is alike without case.
NAMES = ("alice", "al1ce", "abc", "bob", "zz", "ALICE")
GRID = {"ip": ("127.0.0.1", "10.1.2.3", "192.0.2.1", "2001:db8::1"), "tls": (True, False), "mfa": (False, True)}


class World:
    def __init__(self, env, wire, dice, number, instance):
        self.env, self.wire, self.dice, self.tail = env, wire, dice, f"w{number}"
        self.account = env["STRONGROOM_ACCOUNT_ID"]
        self.instance = instance     # only what is in one has policies
        self.kms = f"acs:kms:{env['STRONGROOM_REGION']}:{self.account}:"
        self.ram = f"acs:ram::{self.account}:"
        self.users = [f"{name}-{self.tail}" for name in USERS]
        self.roles = [f"{name}-{self.tail}" for name in ROLES]
        self.policies, self.resources, self.callers = {}, {}, []
        self.make_resources()
        self.make_people()

    # Chance.

    def arn_pattern(self):
        role = self.dice.choice(self.roles)
        return self.dice.choice([f"{self.ram}assumed-role/{role}/alice", f"{self.ram}assumed-role/{role}/a*", f"*/{role}/al?ce",
                                 f"{self.ram}assumed-role/{role}/bob", f"{self.ram}assumed-role/{role}/*",
                                 f"{self.ram}user/{self.dice.choice(self.users)}", f"*:user/*-{self.tail}"])

    def condition(self):
        negative = self.dice.random() < 0.4
        kind = self.dice.randrange(6)
        if kind == 0:
            wanted = self.dice.choice(["127.0.0.0/8", "10.0.0.0/8", ["10.1.2.3", "127.0.0.1"], "192.0.2.0/24"])
            return {"NotIpAddress" if negative else "IpAddress": {"acs:SourceIp": wanted}}
        if kind == 1:
            return {"Bool": {self.dice.choice(["acs:SecureTransport", "acs:MFAPresent"]): self.dice.choice(["true", "false"])}}
        if kind in (2, 3):
            operator = self.dice.choice(["StringLike", "StringLike", "StringEquals", "StringEqualsIgnoreCase"])
            operator = operator.replace("String", "StringNot") if negative else operator
            pattern = self.arn_pattern()
            return {operator: {"acs:PrincipalARN": pattern}}
        key = self.dice.choice(["kms:tag/env", "acs:ResourceTag/env", "kms:tag/ENV"])
        operator = ("StringNot" if negative else "String") + self.dice.choice(["Equals", "Like"])
        return {operator: {key: self.dice.choice(["prod", "dev", ["prod", "p*"], "d?v"])}}

    def statement(self, actions):
        out = {"Effect": "Deny" if self.dice.random() < 0.3 else "Allow",
               "NotAction" if self.dice.random() < 0.1 else "Action": self.dice.choice(
                   [actions, ["kms:*"], ["kms:Get*", "kms:Describe*"], ["KMS:list*"], ["kms:?ncrypt"]])}
        if self.dice.random() < 0.6:
            out["Condition"] = self.condition()
            if self.dice.random() < 0.3:
                out["Condition"].update(self.condition())
        return out

    def identity_document(self):
        statements = []
        for _ in range(self.dice.randint(1, 3)):
            one = self.statement([self.some_action()])
            one["NotResource" if self.dice.random() < 0.1 else "Resource"] = self.dice.choice(
                ["*", f"{self.kms}secret/*", f"{self.kms}secret/{self.tail}/a*", f"acs:kms:*:*:secret/{self.tail}/?1", f"{self.kms}key/*",
                 [f"{self.kms}secret/{self.tail}/b1", f"{self.kms}key/*"]])
            statements.append(one)
        return {"Version": "1", "Statement": statements}

    def some_action(self):
        return self.dice.choice([action for kind in ACTIONS.values() for action in kind])

    def resource_document(self):
        statements = [{"Sid": "own", "Effect": "Allow", "Action": ["kms:*"], "Principal": {"RAM": [f"{self.ram}*"]}, "Resource": ["*"]}]
        for _ in range(self.dice.randint(1, 2)):
            one = self.statement([self.some_action()])
            if "NotAction" in one or not all(action.startswith("kms:") for action in one["Action"]):
                one.pop("NotAction", None)
                one["Action"] = [self.some_action()]
            one["Principal"] = {"RAM": self.dice.sample([f"{self.ram}{who}" for who in (
                "*", *(f"user/{u}" for u in self.users), *(f"role/{r}" for r in self.roles))], 2)}
            one["Resource"] = ["*"]
            statements.append(one)
        return {"Version": "1", "Statement": statements}

    # What there is.

    def make_resources(self):
        key = self.wire.ok("CreateKey", {"DKMSInstanceId": self.instance})["KeyMetadata"]["KeyId"]
        self.key = f"{self.kms}key/{key}"
        self.resources[self.key] = {"kind": "key", "tags": [], "missing": False, "given": {"KeyId": key}, "policy": []}
        for name, tag, missing in (("a1", "prod", False), ("a2", "dev", False), ("b1", None, False), ("c1", None, True)):
            full = f"{self.tail}/{name}"
            tags = [("env", tag)] if tag else []
            if not missing:
                given = {"SecretName": full, "VersionId": "v1", "SecretData": "x", "DKMSInstanceId": self.instance,
                         "EncryptionKeyId": key}
                if tags:
                    given["Tags"] = json.dumps([{"TagKey": k, "TagValue": v} for k, v in tags])
                self.wire.ok("CreateSecret", given)
            self.resources[f"{self.kms}secret/{full}"] = {"kind": "secret", "tags": tags, "missing": missing,
                                                          "given": {"SecretName": full}, "policy": []}
        for one in self.resources.values():
            if one["missing"] or self.dice.random() < 0.5:
                continue
            document = self.resource_document()
            action = "SetSecretPolicy" if one["kind"] == "secret" else "SetKeyPolicy"
            self.wire.ok(action, {**one["given"], "Policy": json.dumps(document), "PolicyName": "default"}, place="form")
            one["policy"] = [document]

    def attach(self, kind, name, count):
        documents = []
        for number in range(count):
            document = self.identity_document()
            policy = f"p{number}-{kind}-{name}"
            self.wire.ok("CreatePolicy", {"PolicyName": policy, "PolicyDocument": json.dumps(document)}, version=RAM, place="form")
            self.wire.ok(f"AttachPolicyTo{kind}", {"PolicyType": "Custom", "PolicyName": policy, f"{kind}Name": name}, version=RAM)
            documents.append(document)
        return documents

    def make_people(self):
        wire, group = self.wire, f"g-{self.tail}"
        wire.ok("CreateGroup", {"GroupName": group}, version=RAM)
        shared = self.attach("Group", group, 1)
        for user in self.users:
            wire.ok("CreateUser", {"UserName": user}, version=RAM)
            own = self.attach("User", user, 2)
            if self.dice.random() < 0.5:
                wire.ok("AddUserToGroup", {"UserName": user, "GroupName": group}, version=RAM)
                own += shared
            self.policies[f"{self.ram}user/{user}"] = own
            key = wire.ok("CreateAccessKey", {"UserName": user}, version=RAM)["AccessKey"]
            signed = wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])
            self.callers.append((f"{self.ram}user/{user}", signed, None, []))
        opener = self.opener()
        own = [self.opener_arn, *(f"{self.ram}user/{user}" for user in self.users), *(f"{self.ram}role/{role}" for role in self.roles)]
        trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": own}}]}
        for role in self.roles:
            wire.ok("CreateRole", {"RoleName": role, "AssumeRolePolicyDocument": json.dumps(trust)}, version=RAM)
            self.policies[f"{self.ram}assumed-role/{role}/*"] = self.attach("Role", role, 2)
            for session in SESSIONS:
                narrowed = [self.identity_document()] if self.dice.random() < 0.3 else []
                given = {"RoleArn": f"{self.ram}role/{role}", "RoleSessionName": session}
                if narrowed:
                    given["Policy"] = json.dumps(narrowed[0])
                made = opener.ok("AssumeRole", given, version=STS, place="form")["Credentials"]
                signed = wire.with_keys(made["AccessKeyId"], made["AccessKeySecret"])
                self.callers.append((f"{self.ram}assumed-role/{role}/{session}", signed, made["SecurityToken"], narrowed))

    def opener(self):
        """Somebody who may assume roles, and nothing else."""
        user = f"opener-{self.tail}"
        self.opener_arn = f"{self.ram}user/{user}"
        self.wire.ok("CreateUser", {"UserName": user}, version=RAM)
        self.wire.ok("AttachPolicyToUser", {"PolicyType": "System", "PolicyName": "AliyunSTSAssumeRoleAccess", "UserName": user},
                     version=RAM)
        key = self.wire.ok("CreateAccessKey", {"UserName": user}, version=RAM)["AccessKey"]
        return self.wire.with_keys(key["AccessKeyId"], key["AccessKeySecret"])

    # What the rules say.

    def said(self, arn, action, target, narrowed=(), ip="127.0.0.1", tls=True, mfa=False):
        session = "assumed-role/" in arn
        holder = arn.rsplit("/", 1)[0] + "/*" if session else arn
        resource = self.resources[target]
        case = {"kind": "role" if session else "user", "account": self.account, "owner": self.account, "arn": arn, "session": session,
                "mfa": mfa, "ip": ip, "tls": tls, "now": utc(), "tags": resource["tags"], "request_tags": [], "action": action,
                "resources": [target]}
        return model.decide(case, {"identity": self.policies[holder], "session": list(narrowed), "resource": resource["policy"]})

    def extent(self, arn, action, target):
        """By trying everybody whom `arn` stands for in all circumstances: how far it reaches, and under which names."""
        askers = [arn[:-1] + name for name in NAMES] if arn.endswith("*") else [arn]
        found, names = [], set()
        for asker in askers:
            for values in itertools.product(*GRID.values()):
                allowed = self.said(asker, action, target, **dict(zip(GRID, values, strict=True))).startswith("allow")
                found.append(allowed)
                if allowed:
                    names.add(asker)
        return "always" if all(found) else "sometimes" if any(found) else "never", names

    def asked(self):
        for target, resource in self.resources.items():
            for action, more in ACTIONS[resource["kind"]].items():
                yield target, resource, action, more


def decisions(world):
    for arn, signed, token, narrowed in world.callers:
        for target, resource, action, more in world.asked():
            answer = signed.acs3(action.removeprefix("kms:"), {**resource["given"], **more},
                                 extra={"x-acs-security-token": token} if token else None)
            said = world.said(arn, action, target, narrowed)
            if action == "kms:GetSecretValue" and said.startswith("allow") and not token and not resource["missing"]:
                said = world.said(arn, "kms:Decrypt", world.key)     # of sessions the right on the secret is enough
            expected = (403, "Forbidden.NoPermission")
            if said.startswith("allow"):
                expected = (404, "Forbidden.ResourceNotFound") if resource["missing"] else (200, "")
            equal((answer.status, answer.code), expected, f"{arn} {action} {target} ({said})")
            yield said
        signed.close()


def explanations(world):
    for arn in [caller[0] for caller in world.callers]:
        for target, _, action, _ in world.asked():
            why = world.wire.ok("ExplainRequest", {"AskedPrincipal": arn, "AskedAction": action, "AskedResource": target,
                                                   "SourceIp": "127.0.0.1"}, version=OWN)
            equal(f"{why['Decision']} {why['DecidedBy']}", world.said(arn, action, target), f"{arn} {action} {target}")


def questions(world):
    reached = {}
    for target, _, action, _ in world.asked():
        answer = world.wire.ok("WhoCan", {"AskedAction": action, "AskedResource": target}, version=OWN)["Principals"]
        told = {one["Principal"]: one for one in answer}
        for arn in world.policies:
            extent, names = world.extent(arn, action, target)
            reached[arn, action, target] = extent
            equal(told.get(arn, {}).get("Extent", "never"), extent, f"who-can {arn} {action} {target}")
            for name in told.get(arn, {}).get("SuchAs", []):
                allowed = any(world.said(name, action, target, **dict(zip(GRID, values, strict=True))).startswith("allow")
                              for values in itertools.product(*GRID.values()))
                equal(allowed, True, f"who-can {name} {action} {target}")
            if extent != "never" and len(names) < len(NAMES) and arn.endswith("*"):
                equal("acs:PrincipalARN" in told[arn]["DependsOn"] and bool(told[arn]["SuchAs"]), True, f"{arn} {action}")
    for arn in world.policies:
        asked = arn.replace("assumed-role/", "role/").removesuffix("/*")
        rows = world.wire.ok("WhatCan", {"AskedPrincipal": asked}, version=OWN)["Resources"]
        told = {row["Resource"]: row for row in rows}
        for target, resource, action, _ in world.asked():
            if resource["missing"]:
                continue
            row = told.get(target, {"Always": [], "Sometimes": []})
            extent = "always" if action in row["Always"] or "kms:*" in row["Always"] else "never"
            extent = "sometimes" if action in row["Sometimes"] else extent
            equal(extent, reached[arn, action, target], f"what-can {arn} {action} {target}")
    return reached


def rules(world):
    """Who breaks a rule: whoever reaches, or may become a role that does, under a name that the rule does not give."""
    everybody = [*world.policies, world.opener_arn]
    roles = [arn for arn in world.policies if arn.endswith("*")]
    world.policies[world.opener_arn] = [{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}]
    plain = {"kind": "role", "tags": [], "missing": False, "policy": []}
    targets = {role: f"{world.ram}role/{role.split('/')[-2]}" for role in roles}
    world.resources |= {target: plain for target in targets.values()}
    becomes = {who: {role for role in roles if role != who and world.extent(who, "sts:AssumeRole", targets[role])[0] != "never"}
               for who in everybody}
    for target in targets.values():
        del world.resources[target]
    for _ in roles:                     # over as many roles as it takes
        becomes = {who: direct.union(*(becomes[role] for role in direct)) for who, direct in becomes.items()}
    found = 0
    for target, resource, action, _ in world.asked():
        if resource["missing"]:
            continue
        patterns = [world.arn_pattern() for _ in range(world.dice.randint(1, 3))]
        told = world.wire.ok("CheckRules", {"Rules": json.dumps([f"only {','.join(patterns)} may {action} on {target}"])}, version=OWN,
                             place="form")["Violations"]
        ours = {one["Principal"] for one in told if world.tail in one["Principal"]}
        told = {name.rsplit("/", 1)[0] + "/*" if "assumed-role/" in name else name for name in ours}
        reaching = {who: world.extent(who, action, target) for who in everybody}
        expected = set()
        for who in everybody:
            names = {who[:-1] + name for name in NAMES} if who.endswith("*") else {who}
            free = {name for name in names if not any(model.wildcard(pattern, name) for pattern in patterns)}
            by_role = any(reaching[role][0] != "never" for role in becomes[who] - {who})
            if free & reaching[who][1] or (free and by_role):
                expected.add(who)
        equal(told, expected, f"{patterns} {action} {target}")
        found += len(expected)
    return found


def main():
    suite = Suite("wire")
    seed = int(os.environ.get("STRONGROOM_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"seed {seed}", flush=True)
    dice, began, said, reached = random.Random(seed), time.monotonic(), [], []
    broken = 0
    with Server() as server:
        wire = Wire.from_env(server.env)
        instance = wire.ok("CreateInstance", {"ProductCode": "kms"}, version=BSS, place="form")["Data"]["InstanceId"]
        wire.ok("ConnectKmsInstance", {"KmsInstanceId": instance, "VpcId": "vpc-a", "ZoneIds": "cn-hangzhou-a",
                                       "VSwitchIds": "vsw-a"}, place="form")
        for number in range(WORLDS):
            world = World(server.env, wire, dice, number, instance)
            with suite.case("-", f"everybody's calls are decided as the rules say ({number})"):
                try:
                    said += decisions(world)
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}: {error}") from None
            with suite.case("ExplainRequest", f"an explanation is of the decision ({number})"):
                try:
                    explanations(world)
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}: {error}") from None
            with suite.case("WhoCan", f"who can, and what, is what trying finds ({number})"):
                try:
                    reached += questions(world).values()
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}: {error}") from None
            with suite.case("CheckRules", f"a rule is broken by whom trying finds ({number})"):
                try:
                    broken += rules(world)
                except AssertionError as error:
                    raise AssertionError(f"seed {seed}: {error}") from None
    counts = {kind: said.count(kind) for kind in sorted(set(said))}
    extents = {kind: reached.count(kind) for kind in sorted(set(reached))}
    print(f"{len(said)} calls in {time.monotonic() - began:.1f} s: {counts}, {extents}, {broken} rules broken", flush=True)
    suite.finish()


if __name__ == "__main__":
    main()
