#!/usr/bin/env python3
"""The authorisation matrix: every action x principal kind x own or other account x resource state x condition, sampled
evenly, and random policies on top; each case is decided by the server's library and by model.py.

Usage: matrix.py PROGRAM SOURCE_DIRECTORY [--cases N] [--seed N]"""

import argparse
import collections
import glob
import itertools
import json
import os
import random
import re
import subprocess
import sys

import model

OWN, OTHER = "1000000000000001", "1000000000000002"
REGION = "cn-hangzhou"


def actions(source):
    """Every action of the operation tables."""
    found = set()
    for path in glob.glob(os.path.join(source, "src", "service", "src", "ops_*.cc")):
        area = re.search(r"ops_(ram|sts|ims)", path)
        with open(path, encoding="utf-8") as file:
            for name in re.findall(r"\"([A-Z][A-Za-z]+)\",\s*k(?:Mutation|Read|ValueRead|SlowRead)\b", file.read()):
                found.add(f"{area.group(1) if area else 'kms'}:{name}")
    assert len(found) >= 60, f"only {len(found)} actions found"
    return sorted(found)


PRINCIPALS = [
    dict(kind="root", account=OWN, arn=f"acs:ram::{OWN}:root", session=False, mfa=False),
    dict(kind="user", account=OWN, arn=f"acs:ram::{OWN}:user/bob", session=False, mfa=False),
    dict(kind="role", account=OWN, arn=f"acs:ram::{OWN}:assumed-role/app/s1", session=True, mfa=False),
    dict(kind="role", account=OWN, arn=f"acs:ram::{OWN}:assumed-role/app/s2", session=True, mfa=True, narrowed=True),
    dict(kind="anonymous", account=OWN, arn="", session=False, mfa=False),
    dict(kind="root", account=OTHER, arn=f"acs:ram::{OTHER}:root", session=False, mfa=False),
    dict(kind="user", account=OTHER, arn=f"acs:ram::{OTHER}:user/bob", session=False, mfa=False),
    dict(kind="role", account=OTHER, arn=f"acs:ram::{OTHER}:assumed-role/app/s1", session=True, mfa=False),
]

CONDITIONS = [
    None,
    {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "192.0.2.7"]}},
    {"NotIpAddress": {"acs:SourceIp": "10.1.0.0/16"}},
    {"StringEquals": {"kms:tag/Env": "prod"}},
    {"StringNotEquals": {"kms:tag/env": ["prod", "qa"]}},
    {"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/*"}, "Bool": {"acs:SecureTransport": True}},
    {"DateLessThan": {"acs:CurrentTime": "2026-06-01T08:00:00+08:00"}},
    {"DateGreaterThanEquals": {"acs:CurrentTime": "2026-06-01T00:00:00Z"}, "Bool": {"acs:MFAPresent": "true"}},
    {"StringEqualsIgnoreCase": {"acs:ResourceTag/ENV": "PROD"}},
    {"NumericGreaterThan": {"kms:tag/level": "3"}},
    {"StringEquals": {"acs:SourceVpc": "vpc-1"}},
    {"StringEquals": {"acs:RequestTag/Team": ["a", "b"]}},
    {"StringNotEquals": {"acs:RequestTag/team": "a"}, "StringLike": {"acs:requesttag/TEAM": "*"}},
    {"StringNotLike": {"acs:SourceVpc": "vpc-*"}},
]

STATES = ["absent", "plain", "prod", "dev", "grants", "denies", "default"]
SHAPES = ["action", "wildcard", "resource", "not-action", "not-resource", "deny", "none"]


def statement(effect, names, resources, condition, principal=None, inverted=()):
    out = {"Effect": effect, "NotAction" if "action" in inverted else "Action": names}
    if resources is not None:
        out["NotResource" if "resource" in inverted else "Resource"] = resources
    if principal:
        out["Principal"] = {"RAM": principal}
    if condition:
        out["Condition"] = condition
    return out


def document(*statements):
    return {"Version": "1", "Statement": list(statements)}


def identity_of(shape, action, arn, condition):
    if shape == "none":
        return []
    if shape == "deny":
        return [document(statement("Allow", "*", "*", None)), document(statement("Deny", action.upper(), arn, condition))]
    name = {"wildcard": action.split(":")[0] + ":*", "not-action": ["kms:CreateSecret", "ram:*"]}.get(shape, action)
    target = {"resource": arn.rsplit("/", 1)[0] + "/*", "not-resource": "acs:kms:*:*:secret/other*"}.get(shape, "*")
    return [document(statement("Allow", name, target, condition, inverted=[shape[4:]] if shape.startswith("not-") else []))]


def resource_of(state, principal, condition):
    arn = principal["arn"].replace("assumed-role/app/s1", "role/app").replace("assumed-role/app/s2", "role/app")
    if state == "default":
        return [document(statement("Allow", ["kms:*"], ["*"], None, [f"acs:ram::{OWN}:*"]))]
    if state == "grants" and arn:
        return [document(statement("Allow", ["kms:Get*", "kms:Describe*"], "*", condition, arn))]
    if state == "denies":
        return [document(statement("Deny", "kms:*", "*", condition, [f"acs:ram::{OWN}:*", f"acs:ram::{OTHER}:user/bob"]))]
    return []


def target_of(action):
    if "Secret" in action:
        return f"acs:kms:{REGION}:{OWN}:secret/app/db"
    if action.startswith("kms:"):
        return f"acs:kms:{REGION}:{OWN}:key/key-1"
    return f"acs:ram:*:{OWN}:user/bob"


def case_of(action, principal, state, shape, condition, choose):
    arn = target_of(action)
    tags = {"prod": [["env", "prod"], ["level", "4"]], "dev": [["Env", "dev"], ["ENV", "qa"]]}.get(state, [])
    documents = {
        "identity": identity_of(shape, action, arn, condition),
        "resource": resource_of(state, principal, condition if choose.random() < 0.5 else None),
        "session": [document(statement("Allow", ["kms:Get*", action], "*", condition if choose.random() < 0.5 else None))]
        if principal.get("narrowed") else [],
    }
    return {
        **{key: principal[key] for key in ("kind", "account", "arn", "session", "mfa")},
        "owner": OWN, "action": action, "resources": [arn], "tags": tags, "tls": choose.random() < 0.8,
        "request_tags": choose.choice([[], [["team", "a"]], [["Team", "b"], ["env", "prod"]], [["team", "c"]]]),
        "ip": choose.choice(["10.1.2.3", "10.2.0.1", "192.0.2.7", "::ffff:10.2.0.1", "2001:db8::1"]),
        "now": choose.choice(["2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z", "2026-06-01T00:00:01Z"]),
    }, documents


VALUES = {
    "String": ["prod", "Prod", "dev*", "d?v", "", "acs:ram::*:user/*", "true"],
    "Numeric": ["3", "4", "-1", "4.0", "3.5"],
    "Date": ["2026-06-01T00:00:00Z", "2026-06-01T08:00:01+08:00", "2026-05-31T23:59Z", "2026-06-01T00:00:00.001Z"],
    "Bool": ["true", "False"],
    "Ip": ["10.0.0.0/8", "10.2.0.1", "::ffff:10.2.0.1", "2001:db8::/32", "0.0.0.0/0", "10.1.2.3/16"],
}
KEYS = ["acs:SourceIp", "acs:currenttime", "acs:SecureTransport", "acs:MFAPresent", "acs:PrincipalArn", "kms:tag/env",
        "kms:tag/level", "acs:ResourceTag/Env", "acs:RequestTag/env", "acs:SourceVpc", "ram:ServiceName"]
NAMES = ["*", "kms:*", "KMS:get*", "kms:*Secret*", "kms:??tSecretValue", "kms:GetSecretValue", "ram:*", "*:Get*", "kms:Decrypt"]
TARGETS = ["*", "acs:kms:*:*:secret/app/*", "acs:kms:*:*:key*", "acs:*:*:" + OWN + ":*", "acs:kms:*:*:secret/App/*", "acs:kms:*?/db"]


def random_condition(choose):
    operator = choose.choice(sorted(model.OPERATORS))
    kind = next(k for k in VALUES if operator.removeprefix("Not").startswith(k))
    values = choose.sample(VALUES[kind], choose.randint(1, 2))
    return {operator: {choose.choice(KEYS): values if choose.random() < 0.7 else values[0]}}


def random_statement(choose, principal=None):
    condition = {}
    for _ in range(choose.choice([0, 0, 1, 1, 2])):
        condition.update(random_condition(choose))
    inverted = [] if principal else [w for w in ("action", "resource") if choose.random() < 0.15]
    names = choose.sample(NAMES, choose.randint(1, 2))
    if principal:
        names = [n for n in names if n.lower().startswith("kms:")] or ["kms:*"]
    return statement(choose.choice(["Allow", "Allow", "Deny"]), names, "*" if principal else choose.sample(TARGETS, choose.randint(1, 2)),
                     condition or None, principal, inverted)


def random_case(all_actions, choose):
    principal = choose.choice(PRINCIPALS)
    action = choose.choice(all_actions + ["kms:GetSecretValue", "kms:CreateSecret"] * 5)
    case, documents = case_of(action, principal, choose.choice(["plain", "prod", "dev"]), "none", None, choose)
    if choose.random() < 0.2:
        case["resources"] = [f"acs:kms:{REGION}:{OWN}:secret", f"acs:kms:{REGION}:{OWN}:secret/*"]
    documents["identity"] = [document(*[random_statement(choose) for _ in range(choose.randint(1, 25))])
                             for _ in range(choose.choice([0, 1, 1, 2]))]
    if choose.random() < 0.5:
        who = [f"acs:ram::{account}:{tail}" for account in (OWN, OTHER) for tail in ("*", "root", "user/bob", "role/app")]
        documents["resource"] = [document(random_statement(choose, choose.sample(who, 2)))]
    if case["kind"] == "role" and choose.random() < 0.5:
        documents["session"] = [document(random_statement(choose))]
    return case, documents


def cases(source, count, seed):
    choose = random.Random(seed)
    all_actions = actions(source)
    grid = list(itertools.product(all_actions, PRINCIPALS, STATES, SHAPES, CONDITIONS))
    wanted = count * 2 // 3
    for cell in choose.sample(grid, min(wanted, len(grid))):
        yield case_of(*cell, choose)
    for _ in range(count - wanted):
        yield random_case(all_actions, choose)


def line_of(case, documents):
    return json.dumps({**case, "policies": [json.dumps(d) for d in documents["identity"]],
                       "session_policy": [json.dumps(d) for d in documents["session"]],
                       "resource_policy": json.dumps(documents["resource"][0]) if documents["resource"] else ""})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("source")
    parser.add_argument("--cases", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = [c for c in cases(options.source, options.cases, options.seed)
            if sum(len(json.dumps(d)) for d in c[1]["identity"]) < 6000 and all(len(json.dumps(d)) < 2000 for d in c[1]["session"])]
    assert len(made) >= 20_000 or options.cases < 30_000, len(made)
    lines = "".join(line_of(*c) + "\n" for c in made)
    done = subprocess.run([options.program], input=lines, capture_output=True, text=True, timeout=200, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(made), (len(answers), len(made))
    wrong, seen = 0, collections.Counter()
    for (case, documents), answer in zip(made, answers):
        expected = model.decide(case, documents)
        seen[expected] += 1
        if answer != expected:
            wrong += 1
            if wrong <= 5:
                print(f"server: {answer}\nmodel:  {expected}\n{line_of(case, documents)}\n")
    print(f"{len(made)} cases, {wrong} differ: " + ", ".join(f"{n} {k}" for k, n in sorted(seen.items())))
    rare = [kind for kind in ("allow account", "allow identity", "allow resource", "explicit-deny identity", "explicit-deny resource",
                              "explicit-deny session", "implicit-deny identity", "implicit-deny resource", "implicit-deny session")
            if seen[kind] < 30]
    if rare:
        print("hardly any case of: " + ", ".join(rare))
    sys.exit(1 if wrong or rare else 0)


if __name__ == "__main__":
    main()
