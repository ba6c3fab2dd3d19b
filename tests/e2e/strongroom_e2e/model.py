"""What an answer must be, by a model of the documented behaviour: outcomes, fields, times. And the model's secrets.

Written from docs/protocol and docs/differences.md, never from the server's code. A call may have several faults at once; the
sources do not say which is told, so any of them may be. What the sources leave open (`perhaps`) may be refused or not.
"""

import calendar
import json
import re
import time

NAME = re.compile(r"[A-Za-z0-9_/+=.@-]{1,192}\Z")
TAG = re.compile(r"[A-Za-z0-9/\\_\-.+=:@ ]{1,128}\Z")
MISSING, INVALID = (400, "MissingParameter"), (400, "InvalidParameter")
LIMIT = (400, "Rejected.LimitExceeded")
NOT_FOUND, IN_WINDOW = (404, "Forbidden.ResourceNotFound"), (409, "Rejected.ResourceInDeleteWindow")
EXISTS, IN_USE = (409, "Rejected.ResourceExist"), (409, "Rejected.ResourceInUse")
MISMATCH = (400, "Rejected.InvalidRequest")
NO_RESOURCE = (404, "InvalidResourceId.NotFound")
BUILT_IN = ("ACSCurrent", "ACSPrevious")
VERSIONS_MAX, LABELS_MAX, VALUE_MAX, TAGS_MAX = 10, 8, 30720, 20
DAY = 86400


class Different(Exception):
    """What was answered is not what the model says."""


class Time:
    """A moment between two seconds, of which the first answer that shows it tells the exact one."""

    open = []
    began = 0                          # when the call began of which the answer is awaited
    ahead = 0                          # seconds by which the server's clock is ahead of ours

    def __init__(self, shift=0, since=None):
        self.shift = shift
        self.low = since.low if since else Time.began + shift
        self.high = None
        Time.open.append(self)

    @classmethod
    def now(cls):
        return time.time() + cls.ahead

    @classmethod
    def begin(cls):
        cls.began = int(cls.now())

    @classmethod
    def close(cls):
        """The call has been answered: nothing of it happened later than now."""
        for moment in cls.open:
            moment.high = int(cls.now()) + moment.shift
        cls.open.clear()

    def check(self, value):
        if not re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z", str(value)):
            raise Different(f"{value!r} is no time")
        at = calendar.timegm(time.strptime(value, "%Y-%m-%dT%H:%M:%SZ"))
        if at < self.low or (self.high is not None and at > self.high) or at > Time.now() + self.shift:
            raise Different(f"{value} is not in {self}")
        self.low = self.high = at

    def __repr__(self):
        ends = ["..." if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (self.low, self.high)]
        return f"<time {ends[0]} to {ends[1]}>"

    def __deepcopy__(self, memo):
        copy = Time.__new__(Time)
        copy.__dict__.update(self.__dict__)
        if self.high is None:
            Time.open.append(copy)
        return copy


class After:
    """So many seconds after a Time."""

    def __init__(self, moment, seconds):
        self.moment, self.seconds = moment, seconds

    def check(self, value):
        Time.begin()
        later = Time(self.seconds, since=self.moment)
        later.low, later.high = self.moment.low + self.seconds, self.moment.high and self.moment.high + self.seconds
        Time.open.remove(later)
        later.check(value)

    def __repr__(self):
        return f"{self.seconds} s after {self.moment}"


class Any:
    """Text of a form."""

    def __init__(self, pattern=r"(?s).+"):
        self.pattern = pattern

    def check(self, value):
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            raise Different(f"{value!r} is not /{self.pattern}/")

    def __repr__(self):
        return f"/{self.pattern}/"


class Rows:
    """A list whose order is not said; `key` orders rows."""

    def __init__(self, rows, key=str):
        self.rows, self.key = rows, key

    def check(self, value):
        if not isinstance(value, list):
            raise Different(f"{value!r} is no list")
        compare(sorted(value, key=self.key), sorted(self.rows, key=self.key), "row")

    def __repr__(self):
        return repr(self.rows)


class Refusals:
    """The Errors of a batch: {name: faults}."""

    def __init__(self, faults):
        self.faults = faults

    def check(self, value):
        compare(sorted(row["SecretName"] for row in value), sorted(self.faults), "names")
        for row in value:
            compare(row, {"SecretName": Any(), "Code": Any(), "Message": Any(), "HttpStatus": row["HttpStatus"]}, "error")
            if (row["HttpStatus"], row["Code"]) not in self.faults[row["SecretName"]]:
                raise Different(f"{row} is none of {self.faults[row['SecretName']]}")

    def __repr__(self):
        return repr(self.faults)


class Page:
    """One page of a listing whose order is not said: the right number of rows, each of them one of all."""

    def __init__(self, rows, number, size, key):
        self.rows, self.key = rows, key
        self.count = max(0, min(size, len(rows) - (number - 1) * size))

    def check(self, value):
        if not isinstance(value, list) or len(value) != self.count:
            raise Different(f"{self.count} rows of {len(self.rows)} expected: {value!r}")
        all_rows = {self.key(row): row for row in self.rows}
        for row in value:
            if self.key(row) not in all_rows:
                raise Different(f"{row!r} is none of them (or told twice)")
            compare(row, all_rows.pop(self.key(row)), self.key(row))

    def __repr__(self):
        return f"{self.count} of {self.rows!r}"


def compare(actual, expected, where="body"):
    if hasattr(expected, "check"):
        try:
            expected.check(actual)
        except Different as error:
            raise Different(f"{where}: {error}") from None
    elif isinstance(expected, dict):
        if not isinstance(actual, dict) or set(actual) != set(expected):
            raise Different(f"{where}: fields {sorted(actual) if isinstance(actual, dict) else actual!r}, "
                            f"expected {sorted(expected)}")
        for name, value in expected.items():
            compare(actual[name], value, f"{where}.{name}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            raise Different(f"{where}: {actual!r}, expected {expected!r}")
        for index, value in enumerate(expected):
            compare(actual[index], value, f"{where}[{index}]")
    elif actual != expected or type(actual) is not type(expected):
        raise Different(f"{where}: {actual!r}, expected {expected!r}")


class Outcome:
    """What a call may answer. Without `faults` it succeeds with `body`, and `then(body)` is what it changes."""

    def __init__(self, faults=(), body=None, then=None, perhaps=()):
        self.faults, self.body, self.then, self.perhaps = list(faults), body or {}, then, list(perhaps)

    def judge(self, answer, sent):
        """Raises Different, or changes the model as the server has changed."""
        try:
            body = answer.json
        except ValueError:
            raise Different("the body is no JSON") from None
        if answer.headers.get("x-acs-request-id") != body.get("RequestId") or not re.fullmatch(r"[0-9A-F-]{36}", body["RequestId"]):
            raise Different("RequestId is not that of the header, or has another form")
        if answer.status != 200:
            self.refused(answer, body, sent)
            return
        if self.faults:
            raise Different(f"it succeeded, expected {self.faults}")
        body.pop("RequestId")
        compare(body, self.body)
        if self.then:
            self.then(body)

    def refused(self, answer, body, sent):
        told = (answer.status, body.get("Code"))
        if told not in self.faults + self.perhaps:
            raise Different(f"expected {self.faults or 'success'}")
        compare(body, {"HttpStatus": answer.status, "RequestId": Any(), "HostId": Any(), "Code": told[1], "Message": Any(),
                       "Recommend": Any()}, "refusal")
        for name in ("SecretData", "Plaintext"):
            if len(sent.get(name, "")) > 8 and sent[name] in answer.text:
                raise Different(f"the refusal holds {name}")

    def __repr__(self):
        return f"{self.faults}" if self.faults else f"200 {self.body!r}" + (f" or {self.perhaps}" if self.perhaps else "")


def page_of(p, default):
    """(number, size, faults)"""
    try:
        number, size = int(p.get("PageNumber", 1)), int(p.get("PageSize", default))
        return number, size, [] if number >= 1 and 1 <= size <= 101 else [INVALID]
    except ValueError:
        return 1, default, [INVALID]


def listing(p, default, outer, inner, rows, key):
    number, size, faults = page_of(p, default)
    if faults:
        return Outcome(faults)
    return Outcome(body={outer: {inner: Page(rows, number, size, key)}, "PageNumber": number, "PageSize": size,
                         "TotalCount": len(rows)})


def tags_of(text, key="TagKey", value="TagValue"):
    """({key: value}, faults) of the JSON of a Tags parameter."""
    try:
        rows = json.loads(text)
        tags = {row[key]: row[value] for row in rows}
    except (ValueError, KeyError, TypeError):
        return {}, [INVALID]
    wrong = any(not TAG.match(k) or (v and not TAG.match(v)) or k.startswith(("aliyun", "acs:")) for k, v in tags.items())
    return tags, [INVALID, (400, "InvalidParameter.TagKey"), (400, "InvalidParameter.TagValue")] if wrong else []


def tag_rows(tags):
    return Rows([{"TagKey": k, "TagValue": v} for k, v in tags.items()])


class Secret:
    def __init__(self, name, version, key, given_key):
        self.name, self.key, self.given_key = name, key, given_key
        self.versions = [version]      # oldest first: (id, value, type, time)
        self.labels = {"ACSCurrent": version[0]}
        self.description, self.tags = "", {}
        self.created = version[3]
        self.updated = Time()
        self.deleted = None

    def ids(self):
        return [version[0] for version in self.versions]

    def find(self, version):
        return next((v for v in self.versions if v[0] == version), None)

    def stages(self, version):
        return {"VersionStage": Rows([label for label, at in self.labels.items() if at == version])}

    def touch(self, certainly=True):
        """UpdateTime moves; with `certainly` false it may."""
        self.updated = Time(since=None if certainly else self.updated)

    def row(self, fetch):
        row = {"SecretName": self.name, "SecretType": "Generic", "CreateTime": self.created, "UpdateTime": self.updated}
        if self.deleted:
            row["PlannedDeleteTime"] = self.deleted
        return {**row, "Tags": {"Tag": tag_rows(self.tags)}} if fetch else row


class Secrets:
    """The actions on secrets. `keys` is the model's keys: which of them seals what, and in which state it is."""

    def __init__(self, region, account, keys):
        self.keys, self.rows = keys, {}
        self.prefix = f"acs:kms:{region}:{account}:secret/"
        self.creator = f"acs:ram::{account}:root"

    def named(self, p, live=True):
        """(secret or None, faults)"""
        name = p.get("SecretName", "")
        if not name:
            return None, [MISSING]
        if name.startswith("acs:"):
            if not name.startswith(self.prefix):
                return None, [INVALID, NOT_FOUND]
            name = name[len(self.prefix):]
        if not NAME.match(name):
            return None, [INVALID, NOT_FOUND]
        secret = self.rows.get(name)
        if not secret:
            return None, [NOT_FOUND]
        return secret, [IN_WINDOW] if live and secret.deleted else []

    def value(self, p):
        faults = [MISSING] if not p.get("SecretData") or not p.get("VersionId") else []
        if len(p.get("SecretData", "").encode()) > VALUE_MAX or len(p.get("VersionId", "")) > 64 \
                or p.get("SecretDataType", "text") not in ("text", "binary"):
            faults.append(INVALID)
        return faults

    def CreateSecret(self, p):
        name, faults = p.get("SecretName", ""), self.value(p)
        if not name:
            faults.append(MISSING)
        elif not NAME.match(name) or name.startswith("acs/"):
            faults.append(INVALID)
        if name in self.rows:
            faults.append(IN_WINDOW if self.rows[name].deleted else EXISTS)
        tags, wrong = tags_of(p["Tags"]) if "Tags" in p else ({}, [])
        faults += wrong + ([LIMIT, INVALID] if len(tags) > TAGS_MAX else [])
        given = p.get("EncryptionKeyId", "")
        key, wrong = self.keys.sealing(given)
        faults += wrong

        def then(_):
            version = (p["VersionId"], p["SecretData"], p.get("SecretDataType", "text"), Time())
            secret = Secret(name, version, key or self.keys.make_default(), given)
            secret.tags, secret.description = tags, p.get("Description", "")
            self.rows[name] = secret
        return Outcome(faults, {"Arn": self.prefix + name, "SecretName": name, "SecretType": "Generic",
                                "VersionId": p.get("VersionId")}, then)

    def DescribeSecret(self, p):
        secret, faults = self.named(p, live=False)
        if not secret:
            return Outcome(faults)
        body = secret.row(p.get("FetchTags") == "true")
        body.update(Arn=self.prefix + secret.name, Description=secret.description, Creator=self.creator)
        if secret.given_key:
            body["EncryptionKeyId"] = secret.key.id
        return Outcome(faults, body)

    def GetSecretValue(self, p):
        secret, faults = self.named(p)
        if not secret:
            return Outcome(faults)
        version, label = p.get("VersionId", ""), p.get("VersionStage", "")
        holder = secret.labels.get(label or "ACSCurrent")
        found = secret.find(version or holder)
        if not found:
            faults.append(NOT_FOUND)
        elif version and label and holder != version:
            faults += [INVALID] if holder else [INVALID, NOT_FOUND]
        faults += self.keys.using(secret.key)
        if faults:
            return Outcome(faults)
        return Outcome(body={"SecretName": secret.name, "SecretType": "Generic", "VersionId": found[0], "SecretData": found[1],
                             "SecretDataType": found[2], "VersionStages": secret.stages(found[0]), "CreateTime": found[3]})

    def BatchGetSecretValue(self, p):
        """Each as GetSecretValue answers it, or its error."""
        rows = json.loads(p["SecretsList"])
        if not 1 <= len(rows) <= 20 or len({row["SecretName"] for row in rows}) < len(rows):
            return Outcome([INVALID])
        asked = {row["SecretName"]: self.GetSecretValue(row) for row in rows}
        good = [{**answer.body, "RequestId": Any()} for answer in asked.values() if not answer.faults]
        return Outcome(body={"SecretValues": Rows(good, lambda row: row["SecretName"]), "Errors": Refusals(
            {name: answer.faults for name, answer in asked.items() if answer.faults})})

    def labels_of(self, p):
        """(labels, faults) of VersionStages."""
        if not p.get("VersionStages"):
            return ["ACSCurrent"], []
        try:
            labels = json.loads(p["VersionStages"])
        except ValueError:
            return [], [INVALID]
        if isinstance(labels, dict):
            labels = labels.get("VersionStage")
        good = isinstance(labels, list) and labels and all(isinstance(x, str) and 0 < len(x) <= 64 for x in labels)
        if not good or len(set(labels)) < len(labels) or set(BUILT_IN) <= set(labels):
            return [], [INVALID]
        return labels, []

    def PutSecretValue(self, p):
        secret, faults = self.named(p)
        labels, wrong = self.labels_of(p)
        faults += wrong + self.value(p)
        if not secret:
            return Outcome(faults)
        faults += self.keys.using(secret.key)
        body = {"SecretName": secret.name, "VersionId": p.get("VersionId")}
        there, kind = secret.find(p.get("VersionId")), p.get("SecretDataType", "text")
        if there:
            if there[1:3] != (p.get("SecretData"), kind):
                faults.append(EXISTS)
            return Outcome(faults, {**body, "VersionStages": secret.stages(there[0])})
        after = dict(secret.labels)
        if "ACSCurrent" in labels:
            after["ACSPrevious"] = after["ACSCurrent"]
        after.update({label: p.get("VersionId") for label in labels})
        if len(after) > LABELS_MAX:
            faults.append(LIMIT)

        def then(_):
            secret.versions.append((p["VersionId"], p["SecretData"], kind, Time()))
            secret.labels = after
            while len(secret.versions) > VERSIONS_MAX:
                secret.versions.remove(next(v for v in secret.versions if v[0] not in after.values()))
            secret.touch()
        return Outcome(faults, {**body, "VersionStages": {"VersionStage": Rows(labels)}}, then)

    def UpdateSecretVersionStage(self, p):
        secret, faults = self.named(p)
        label, to, source = p.get("VersionStage", ""), p.get("MoveToVersion", ""), p.get("RemoveFromVersion", "")
        if not label:
            faults.append(MISSING)
        if len(label) > 64:
            faults.append(INVALID)
        if not to and (not source or label in BUILT_IN):
            faults += [INVALID, MISSING]
        if not secret:
            return Outcome(faults)
        if source and secret.labels.get(label) != source:
            faults += [MISMATCH] if secret.find(source) else [MISMATCH, NOT_FOUND]
        if to and not secret.find(to):
            faults.append(NOT_FOUND)
        after = dict(secret.labels)
        if not to:
            after.pop(label, None)
        else:
            if label == "ACSCurrent" and after[label] != to:
                after["ACSPrevious"] = after[label]
            after[label] = to
        if len(after) > LABELS_MAX:
            faults.append(LIMIT)

        def then(_):
            secret.touch(certainly=False)
            secret.labels = after
        return Outcome(faults, {"SecretName": secret.name}, then)

    def UpdateSecret(self, p):
        secret, faults = self.named(p)
        if "Description" not in p:
            faults.append(MISSING)

        def then(_):
            secret.description = p["Description"]
            secret.touch()
        return Outcome(faults, {"SecretName": secret and secret.name}, then)

    def DeleteSecret(self, p):
        force = p.get("ForceDeleteWithoutRecovery", "false")
        secret, faults = self.named(p, live=force != "true")
        if force not in ("true", "false"):
            faults.append(INVALID)
        days = p.get("RecoveryWindowInDays", "30")
        bad = [] if re.fullmatch(r"\d+", days) and 7 <= int(days) <= 30 else [INVALID]
        if not secret or force != "true" and bad:
            return Outcome(faults + (bad if force != "true" else []), perhaps=bad)
        until = Time(0 if force == "true" else int(days) * DAY)

        def then(_):
            if force == "true":
                del self.rows[secret.name]
            else:
                secret.deleted = until
                secret.touch(certainly=False)
        return Outcome(faults, {"SecretName": secret.name, "PlannedDeleteTime": until}, then, bad)

    def RestoreSecret(self, p):
        secret, faults = self.named(p, live=False)
        if secret and not secret.deleted:
            faults.append(IN_USE)

        def then(_):
            secret.deleted = None
            secret.touch(certainly=False)
        return Outcome(faults, {"SecretName": secret and secret.name}, then)

    def ListSecretVersionIds(self, p):
        secret, faults = self.named(p, live=False)
        if not secret:
            return Outcome(faults + page_of(p, 20)[2])
        rows = [{"VersionId": v[0], "CreateTime": v[3], "VersionStages": secret.stages(v[0])} for v in secret.versions
                if p.get("IncludeDeprecated") == "true" or v[0] in secret.labels.values()]
        answer = listing(p, 20, "VersionIds", "VersionId", rows, lambda row: row["VersionId"])
        answer.body["SecretName"] = secret.name
        return answer

    def ListSecrets(self, p):
        filters, faults = filters_of(p, ("SecretName", "SecretType", "TagKey", "TagValue"))
        if faults:
            return Outcome(faults)
        rows = [s for s in self.rows.values() if matches(filters, {"SecretName": s.name, "SecretType": "Generic"}, s.tags)]
        return listing(p, 10, "SecretList", "Secret", [s.row(p.get("FetchTags") == "true") for s in rows],
                       lambda row: row["SecretName"])


    def elapse(self):
        """What waited for its end and has reached it is gone."""
        for secret in list(self.rows.values()):
            if secret.deleted and secret.deleted.low <= Time.now():
                del self.rows[secret.name]


def filters_of(p, keys):
    """(filters, faults) of the parameter Filters."""
    try:
        filters = json.loads(p.get("Filters") or "[]")
        good = all(row["Key"] in keys and isinstance(row["Values"], list) for row in filters)
    except (ValueError, KeyError, TypeError):
        good = False
    return (filters, []) if good and isinstance(filters, list) else ([], [INVALID])


def matches(filters, have, tags):
    """Values of one key are alternatives, keys must all match; TagKey and TagValue speak of one tag. Whole values only here."""
    wanted = {}
    for entry in filters:
        wanted.setdefault(entry["Key"], []).extend(entry["Values"])
    keys, values = wanted.pop("TagKey", []), wanted.pop("TagValue", [])
    if (keys or values) and not any((not keys or k in keys) and (not values or v in values) for k, v in tags.items()):
        return False
    return all(not values or have[key] in values for key, values in wanted.items())
