"""Random sequences of calls against a model of what is documented: every answer, whole listings, kills in between.

In every third sequence the server's clock leaps by weeks, too: what waits for its deletion goes, keys rotate.

A failed sequence is repeated with calls left out until each of those that remain is needed, and printed. The seeds of an
ordinary run are fixed; STRONGROOM_SEED gives one to run alone, STRONGROOM_STEPS its length; with STRONGROOM_SOAK seeds follow
for an hour.
"""

import collections
import copy
import glob
import http.client
import json
import os
import random
import re
import shutil
import ssl
import threading
import time

from strongroom_e2e import waiting
from strongroom_e2e.model import DAY, Different, Time
from strongroom_e2e.model_dice import VIAS, Dice
from strongroom_e2e.model_keys import Model
from strongroom_e2e.report import Suite
from strongroom_e2e.server import Server, ServerError
from strongroom_e2e.wire import Wire, utc

SOAK = bool(os.environ.get("STRONGROOM_SOAK"))
SEEDS = [int(os.environ["STRONGROOM_SEED"])] if "STRONGROOM_SEED" in os.environ else [1, 2, 3]
STEPS = int(os.environ.get("STRONGROOM_STEPS", "5000" if SOAK else "1000"))
SOAK_SECONDS, SHRINK_SECONDS = 3600, 90
AUDIT_EVERY, KILL_EVERY, LEAP_EVERY = 60, 250, 75
STRONGROOM = "2026-11-01"
READS = ("Get", "List", "Describe", "BatchGet", "AsymmetricVerify", "VerifyMac", "AsymmetricDecrypt", "Decrypt")
LEARNED = {"Encrypt": "CiphertextBlob", "GenerateDataKey": "CiphertextBlob", "GenerateDataKeyWithoutPlaintext": "CiphertextBlob",
           "ReEncrypt": "CiphertextBlob", "AsymmetricEncrypt": "CiphertextBlob", "AsymmetricSign": "Value", "GenerateMac": "Mac"}
# Calls whose success changes what listings show, and teaches the model nothing else: their answer may get lost.
TEARABLE = ("PutSecretValue", "UpdateSecretVersionStage", "UpdateSecret", "DeleteSecret", "RestoreSecret", "TagResource",
            "UntagResource", "TagResources", "UntagResources", "EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion",
            "SetDeletionProtection", "CreateAlias", "UpdateAlias", "DeleteAlias")


class Mismatch(Exception):
    """A call whose answer is not the model's; the text holds all there is to say."""


class World:
    """A server, what is known of it, and the model of what it must answer."""

    def __init__(self, leaps=False):
        self.server, self.leaps, Time.ahead = Server(), leaps, 0
        self.start()
        region, account = self.server.env["STRONGROOM_REGION"], self.server.env["STRONGROOM_ACCOUNT_ID"]
        self.model = Model(region, account)
        self.names, self.counts = {}, {}
        self.idle = set()              # ids of calls that changed nothing
        self.fixed = {"arn": f"acs:kms:{region}:{account}:", "secret": f"acs:kms:{region}:{account}:secret/", "region": region}

    def end(self):
        self.wire.close()
        self.server.kill()
        shutil.rmtree(self.server.work, ignore_errors=True)

    def start(self):
        """With `leaps` the server lives in a time of its own, which the certificates do not follow."""
        if self.leaps:
            os.environ.update(faked(os.path.join(self.server.work, "time")))
            self.set_clock()
        try:
            self.server.start()
        finally:
            os.environ.pop("LD_PRELOAD", None)
        self.wire = Wire.from_env(self.server.env)
        if self.leaps:
            self.wire.tls.check_hostname, self.wire.tls.verify_mode = False, ssl.CERT_NONE

    def set_clock(self):
        path = os.path.join(self.server.work, "time")
        with open(path + ".new", "w", encoding="utf-8") as out:
            out.write(f"+{Time.ahead // DAY}d\n" if Time.ahead else "+0\n")
        os.rename(path + ".new", path)

    def filled(self, p):
        """The parameters with what the references stand for; None if one stands for nothing."""
        known = {**self.fixed, **self.names}
        wanted = {name for value in p.values() for name in re.findall(r"@\{([\w.]+)\}", value)}
        if wanted - set(known):
            return None
        return {k: re.sub(r"@\{([\w.]+)\}", lambda found: known[found[1]], value) for k, value in p.items()}

    def send(self, action, p, via):
        scheme, method, place = VIAS[via]
        if place == "query" and sum(len(v.encode()) for v in p.values()) > 20000:
            place, method = "form", "POST"
        if scheme == "rpc":
            return self.wire.rpc(action, p, method=method, place=place, common={"Timestamp": utc(Time.ahead)})
        return self.wire.acs3(action, p, method=method, place=place, extra={"x-acs-date": utc(Time.ahead)})

    def ask(self, action, p, via=1):
        """Calls, compares, changes the model. Returns the body of a success, None of a refusal that was expected."""
        Time.begin()
        outcome = self.model.expect(action, p)
        answer = self.send(action, p, via)
        Time.close()
        self.judge(outcome, answer, action, p)
        return answer.json if answer.status == 200 else None

    def judge(self, outcome, answer, action, p):
        expected = repr(outcome)
        try:
            outcome.judge(answer, p)
        except Different as error:
            raise Mismatch(f"{action} {shown(p)}\n  {error}\n  answered {answer}\n  expected {expected[:600]}") from None
        Time.close()

    def step(self, call):
        """One call of a sequence, as Dice made it or as it was recorded."""
        try:
            self.do(call)
        except (OSError, http.client.HTTPException, ServerError, AssertionError) as error:
            raise Mismatch(f"{call['do']}: {error!r}, exit status {self.server.process.poll()}\n{self.server.log_tail()}") from None

    def do(self, call):
        if call["do"] == "!audit":
            return self.audit(random.Random(call["seed"]), call.get("everything", False))
        if call["do"] == "!kill":
            return self.restart()
        if call["do"] == "!torn":
            return self.torn(call)
        if call["do"] == "!leap":
            return self.leap(call["days"], call["off"])
        p = self.filled(call["p"])
        if p is None:
            return None
        body = self.ask(call["do"], p, call["via"])
        self.counts[call["do"], bool(body)] = self.counts.get((call["do"], bool(body)), 0) + 1
        if not body or call["do"].startswith(READS):
            self.idle.add(id(call))
        if body:
            self.learn(call, body, p)
        return self.settle()

    def learn(self, call, body, p):
        name = call.get("learn")
        if call["do"] == "CreateKey":
            self.names[name] = body["KeyMetadata"]["KeyId"]
            self.ask("ListKeyVersions", {"KeyId": self.names[name]})
            self.names[name + ".v0"] = self.model.keys.rows[self.names[name]].versions[0][0]
        elif call["do"] == "CreateKeyVersion":
            of = next((n for n, value in self.names.items() if value == body["KeyVersion"]["KeyId"]), None)
            if of:
                self.names[f"{of}.{name}"] = body["KeyVersion"]["KeyVersionId"]
        elif call["do"] in LEARNED:
            self.names[name] = body[LEARNED[call["do"]]]
        default = self.model.keys.default
        if call["do"] == "CreateSecret" and default and not default.id:
            rows = self.plain("ListKeys", {"Filters": '[{"Key":"CreatorType","Values":["Service"]}]'})["Keys"]["Key"]
            if len(rows) != 1:
                raise Mismatch(f"{len(rows)} keys of the service after the first secret without a key")
            self.model.keys.found_default(rows[0]["KeyId"])
            self.names["kdefault"] = rows[0]["KeyId"]
            self.ask("ListKeyVersions", {"KeyId": default.id})

    # Time.

    def plain(self, action, p, **options):
        return self.wire.ok(action, p, extra={"x-acs-date": utc(Time.ahead)}, **options)

    def leap(self, days, off):
        """The server's clock goes ahead, while it runs or is off; once it is believed, what was to end meanwhile ends."""
        Time.begin()
        if off:
            self.server.kill()
            self.wire.close()
        Time.ahead += days * DAY
        if off:
            self.start()
        else:
            self.set_clock()
        waiting.until(lambda: self.plain("AcceptClock", {}, version=STRONGROOM)["WasDoubted"], "a doubt about the clock", 20)
        for part in (self.model.secrets, self.model.keys):
            part.elapse()
        for action, count in (("ListSecrets", len(self.model.secrets.rows)), ("ListKeys", len(self.model.keys.rows))):
            self.wait(lambda action=action, count=count: self.plain(action, {})["TotalCount"] == count, f"{action} of {count} rows")
        self.settle()
        self.audit(random.Random(0), everything=True)

    def wait(self, found, what):
        try:
            waiting.until(found, what, 20)
        except AssertionError as error:
            raise Mismatch(str(error)) from None

    def settle(self):
        """Keys whose rotation has become due get another version soon."""
        for key in [key for key in self.model.keys.rows.values() if key.rotation_due()]:
            made = Time(since=key.versions[-1][1])
            made.low = int(Time.now()) - 30
            known = [version[0] for version in key.versions]
            p = {"KeyId": key.id, "PageSize": "100"}
            self.wait(lambda known=known, p=p: self.plain("ListKeyVersions", p)["TotalCount"] > len(known), f"a rotation of {key.id}")
            Time.close()
            rows = self.plain("ListKeyVersions", p)["KeyVersions"]["KeyVersion"]
            key.versions.append([next(row["KeyVersionId"] for row in rows if row["KeyVersionId"] not in known), made])
            key.made = made

    # Whole states.

    def paged(self, action, p, outer, inner, key, dice):
        """All pages of a listing, of a size by chance: what they hold together is everything, once."""
        rows, number, size = [], 0, dice.randint(1, 12)
        while True:
            number += 1
            body = self.ask(action, {**p, "PageSize": str(size), "PageNumber": str(number)})
            rows += [row[key] for row in body[outer][inner]]
            if not body[outer][inner]:
                break
        if len(rows) != len(set(rows)) or len(rows) != body["TotalCount"]:
            raise Mismatch(f"{action} {p}, pages of {size}: {len(set(rows))} of {len(rows)} rows differ, {body['TotalCount']} in all")

    def audit(self, dice, everything=False):
        """Compares the whole state: listings, descriptions and, of some or all secrets, every value."""
        self.paged("ListSecrets", {"FetchTags": "true"}, "SecretList", "Secret", "SecretName", dice)
        self.paged("ListKeys", {}, "Keys", "Key", "KeyId", dice)
        self.paged("ListAliases", {}, "Aliases", "Alias", "AliasName", dice)
        for kind in ("key", "secret"):
            self.ask("ListTagResources", {"RegionId": self.fixed["region"], "ResourceType": kind})
        for secret in list(self.model.secrets.rows.values()):
            p = {"SecretName": secret.name}
            self.ask("DescribeSecret", {**p, "FetchTags": "true"})
            if secret.deleted or not (everything or dice.random() < 0.4):
                continue
            for deprecated in ("true", "false"):
                self.paged("ListSecretVersionIds", {**p, "IncludeDeprecated": deprecated}, "VersionIds", "VersionId", "VersionId", dice)
            for version in secret.ids():
                self.ask("GetSecretValue", {**p, "VersionId": version})
            for label in secret.labels:
                self.ask("GetSecretValue", {**p, "VersionStage": label})
        for key in list(self.model.keys.rows.values()):
            self.ask("DescribeKey", {"KeyId": key.id})
            if everything or dice.random() < 0.4:
                self.paged("ListKeyVersions", {"KeyId": key.id}, "KeyVersions", "KeyVersion", "KeyVersionId", dice)
                self.paged("ListAliasesByKeyId", {"KeyId": key.id}, "Aliases", "Alias", "AliasName", dice)
        for blob, made in list(self.model.keys.blobs.items()):
            if made[3].startswith("{") and (everything or dice.random() < 0.1):
                self.ask("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": made[3]})

    def restart(self):
        self.server.kill()
        self.wire.close()
        self.start()
        self.settle()
        self.audit(random.Random(0), everything=True)

    def torn(self, call):
        """The server is killed while it may be at a call: afterwards that happened wholly or not at all."""
        p = self.filled(call["p"])
        if p is None:
            return
        before = copy.deepcopy(self.model)
        Time.begin()
        outcome = self.model.expect(call["of"], p)
        answers = []

        def send():
            try:
                answers.append(self.send(call["of"], p, call["via"]))
            except (OSError, http.client.HTTPException):
                pass
        self.wire.reconnects = False
        sender = threading.Thread(target=send)
        sender.start()
        time.sleep(call["after"])
        self.server.kill()
        sender.join()
        Time.close()
        if answers:
            self.judge(outcome, answers[0], call["of"], p)
        elif not outcome.faults and outcome.then:
            outcome.then({})
            Time.close()
            happened, self.model = self.model, before
            try:
                self.restart()
                return
            except Mismatch as first:
                self.model = happened
                try:
                    self.restart()
                    return
                except Mismatch as second:
                    raise Mismatch(f"killed during {call['of']} {shown(p)}: neither what was before\n  {first}\nnor what it makes\n"
                                   f"  {second}") from None
        self.restart()


def faked(path):
    """The environment of a program whose clock follows the file."""
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")[0]
    return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def shown(p):
    return {k: v if len(v) < 200 else f"{v[:30]}... ({len(v)} characters)" for k, v in p.items()}


def repeat(calls):
    """The mismatch that these calls lead to on a new server, and how many of them it took."""
    world = World(any(call["do"] == "!leap" for call in calls))
    try:
        for number, call in enumerate(calls):
            try:
                world.step(call)
            except Mismatch as error:
                return error, number + 1
        return None, len(calls)
    finally:
        world.end()


def subjects(call):
    """What a call is about: its action, its secret, its keys."""
    p = call.get("p", {})
    return {call["do"], p.get("SecretName", "").removeprefix("@{secret}"), *re.findall(r"@\{k\w+", json.dumps(p))}


def shortest(calls, first, idle):
    """As few of `calls` as still lead to a mismatch, tried for a bounded time: what changed nothing is left out, then all that is
    about one action, secret or key, then halves, quarters, ... single calls."""
    until = time.monotonic() + SHRINK_SECONDS
    if calls[-1]["do"] == "!audit":
        calls = [*calls[:-1], {**calls[-1], "everything": True}]
    found = calls, first

    def without(dropped):
        """Leaves calls out, if that still ends in a mismatch."""
        nonlocal found
        rest = [call for call in found[0][:-1] if not dropped(call)] + found[0][-1:]
        if len(rest) == len(found[0]) or time.monotonic() > until:
            return False
        error, taken = repeat(rest)
        if error:
            found = rest[:taken], error
        return bool(error)
    without(lambda call: id(call) in idle or call["do"] == "!audit")
    told = collections.Counter(subject for call in calls for subject in subjects(call) if subject)
    for subject, _ in told.most_common():
        without(lambda call, subject=subject: subject in subjects(call))
    size = len(found[0]) // 2
    while size and time.monotonic() < until:
        start, fewer = 0, False
        while start < len(found[0]) - 1 and time.monotonic() < until:
            part = {id(call) for call in found[0][start:start + size]}
            if without(lambda call, part=part: id(call) in part):
                fewer = True
            else:
                start += size
        size = size if fewer and size == 1 else size // 2
    return found


def walk(seed, steps):
    """One sequence. Returns the numbers of calls that succeeded and that were refused."""
    dice = random.Random(seed)
    leaps = seed % 3 == 0
    world, calls = World(leaps), []
    try:
        chooser = Dice(dice, world.names, world.model)
        for number in range(1, steps + 1):
            chooser.model = world.model
            call = chooser.next()
            if number % KILL_EVERY == 0:
                if call["do"] in TEARABLE or call["do"] == "CreateSecret" and call["p"].get("EncryptionKeyId"):
                    call = {"do": "!torn", "of": call["do"], "p": call["p"], "via": call["via"], "after": dice.choice([0, .001, .002, .004])}
                else:
                    call = {"do": "!kill"}
            elif leaps and number % LEAP_EVERY == 0:
                call = {"do": "!leap", "days": dice.choice([7, 8, 31, 400]), "off": dice.random() < 0.3}
            elif number % AUDIT_EVERY == 0:
                call = {"do": "!audit", "seed": dice.randrange(1 << 30)}
            calls.append(call)
            world.step(call)
        calls.append({"do": "!kill"})
        world.step(calls[-1])
        return dict(sorted(world.counts.items()))
    except Mismatch as error:
        world.end()
        few, last = shortest(calls, error, world.idle)
        lines = "\n".join("  " + json.dumps({**call, "p": shown(call["p"])} if "p" in call else call, ensure_ascii=False) for call in few)
        print(f"seed {seed}, call {len(calls)}: {error}\nthe shortest way there, {len(few)} calls:\n{lines}\n{last}")
        raise Mismatch(f"{last}\nafter {len(few)} of {len(calls)} calls:\n{lines}") from None
    finally:
        world.end()


def main():
    suite = Suite("wire")
    seeds, until = iter(SEEDS), time.monotonic() + SOAK_SECONDS
    if SOAK and "STRONGROOM_SEED" not in os.environ:
        seeds = iter(range(int(time.time()), 1 << 40))
    for seed in seeds:
        with suite.case("-", f"{STEPS} random calls are answered as the model says (seed {seed})"):
            print(f"seed {seed}: {walk(seed, STEPS)}")
        if SOAK and time.monotonic() > until:
            break
    suite.finish()


if __name__ == "__main__":
    main()
