"""The permission rules, written a second time and as plainly as possible: the reference that the server's answers are
compared with. Nothing here is taken from the C++ code; the rules are those of docs/differences.md and the RAM manual."""

import datetime
import ipaddress
import re

NEGATIVE = {"StringNotEquals": "StringEquals", "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
            "StringNotLike": "StringLike", "NumericNotEquals": "NumericEquals", "DateNotEquals": "DateEquals",
            "NotIpAddress": "IpAddress"}
OPERATORS = {"StringEquals", "StringEqualsIgnoreCase", "StringLike", "Bool", "IpAddress"} | {
    kind + relation for kind in ("Numeric", "Date")
    for relation in ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")} | set(NEGATIVE)


# Whose requests say what tags are to be: there they are condition keys.
SETS_TAGS = {"kms:CreateKey", "kms:CreateSecret", "kms:TagResource", "kms:TagResources", "ram:CreateRole", "ram:CreatePolicy",
             "ram:TagResources"}


def as_list(value):
    return value if isinstance(value, list) else [value]


def wildcard(pattern, text):
    parts = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(parts, text, re.DOTALL) is not None


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def address(text):
    parsed = ipaddress.ip_address(text)
    mapped = getattr(parsed, "ipv4_mapped", None)
    return mapped or parsed


RELATIONS = {"Equals": lambda a, b: a == b, "LessThan": lambda a, b: a < b, "LessThanEquals": lambda a, b: a <= b,
             "GreaterThan": lambda a, b: a > b, "GreaterThanEquals": lambda a, b: a >= b}


def related(operator, actual, wanted):
    """Does one value of the request satisfy one value of the policy, for a positive operator?"""
    if operator == "StringEquals":
        return actual == wanted
    if operator == "StringEqualsIgnoreCase":
        return actual.lower() == wanted.lower()
    if operator == "StringLike":
        return wildcard(wanted, actual)
    if operator == "Bool":
        return actual.lower() == wanted.lower()
    if operator == "IpAddress":
        try:
            own = address(actual)
        except ValueError:
            return False
        mapped = "/" not in wanted and address(wanted)
        network = ipaddress.ip_network(mapped or wanted, strict=False)
        return own.version == network.version and own in network
    for kind, convert in (("Numeric", float), ("Date", moment)):
        if operator.startswith(kind):
            try:
                return RELATIONS[operator[len(kind):]](convert(actual), convert(wanted))
            except ValueError:
                return False
    raise AssertionError(operator)


class Context:
    def __init__(self, case):
        self.case = case

    def values(self, key):
        key, case = key.lower(), self.case
        for prefix in ("kms:tag/", "acs:resourcetag/"):
            if key.startswith(prefix):
                return [value for name, value in case["tags"] if name.lower() == key[len(prefix):]]
        if key.startswith("acs:requesttag/") and case["action"] in SETS_TAGS:
            return [value for name, value in case["request_tags"] if name.lower() == key[len("acs:requesttag/"):]]
        return {"acs:sourceip": [case["ip"]], "acs:currenttime": [case["now"]],
                "acs:securetransport": ["true" if case["tls"] else "false"],
                "acs:mfapresent": ["true" if case["mfa"] else "false"] if case["session"] else [],
                "acs:principalarn": [case["arn"]] if case["arn"] else []}.get(key, [])


def condition_holds(conditions, context):
    for operator, keys in conditions.items():
        for key, wanted in keys.items():
            positive = NEGATIVE.get(operator, operator)
            hit = any(related(positive, actual, str(one) if not isinstance(one, bool) else str(one).lower())
                      for actual in context.values(key) for one in as_list(wanted))
            if hit == (operator in NEGATIVE):
                return False
    return True


def principal_fits(statement, arn):
    if "Principal" not in statement:
        return True
    for wanted in as_list(statement["Principal"]["RAM"]):
        account, tail = wanted.split(":")[3], wanted.split(":", 4)[4]
        own = re.fullmatch(r"acs:ram::(\d+):(.+)", arn)
        if not own or own.group(1) != account:
            continue
        if tail == "*" or own.group(2) == tail:
            return True
        session = re.fullmatch(r"(?:assumed-role|role)/([^/]+)(?:/.*)?", own.group(2))
        if tail.startswith("role/") and session and session.group(1) == tail[5:]:
            return True
    return False


def statement_fits(statement, case, context):
    names = as_list(statement.get("Action", statement.get("NotAction")))
    if any(wildcard(n.lower(), case["action"].lower()) for n in names) == ("NotAction" in statement):
        return False
    wanted = as_list(statement.get("Resource", statement.get("NotResource")))
    inverted = "NotResource" in statement
    if not any(any(wildcard(w, r) for w in wanted) != inverted for r in case["resources"]):
        return False
    return principal_fits(statement, case["arn"]) and condition_holds(statement.get("Condition", {}), context)


def voice(documents, case, context):
    effects = {s["Effect"] for d in documents for s in as_list(d["Statement"]) if statement_fits(s, case, context)}
    return "explicit-deny" if "Deny" in effects else "allow" if "Allow" in effects else "implicit-deny"


def delegates(statement, owner):
    """The default statement leaves the decision to the owner's own policies."""
    return (statement["Effect"] == "Allow" and "Condition" not in statement and as_list(statement["Action"]) == ["kms:*"]
            and as_list(statement["Principal"]["RAM"]) == [f"acs:ram::{owner}:*"])


def decide(case, documents):
    """`documents`: the parsed policies of the case, by voice."""
    context, own = Context(case), case["account"] == case["owner"]
    if case["kind"] == "root" and own:
        return "allow account"
    if case["kind"] not in ("root", "user", "role"):
        return "implicit-deny identity"
    identity = "allow" if case["kind"] == "root" else voice(documents["identity"], case, context)
    statements = [s for d in documents["resource"] for s in as_list(d["Statement"]) if not delegates(s, case["owner"])]
    resource = voice([{"Statement": statements}], case, context)
    if identity == "explicit-deny":
        return "explicit-deny identity"
    if resource == "explicit-deny":
        return "explicit-deny resource"
    if documents["session"]:
        session = voice(documents["session"], case, context)
        if session != "allow":
            return session + " session"
    if own:
        return "allow resource" if identity != "allow" and resource == "allow" else identity + " identity"
    return identity + " identity" if identity != "allow" else resource + " resource"
