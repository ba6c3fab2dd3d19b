"""Readers beside writers, and writers against each other: every read is of a state between the last acknowledged change and
the last one sent, and what several writers leave keeps the rules of labels, versions, tags, aliases and states.

STRONGROOM_SEED repeats a choice of calls (not their timing); with STRONGROOM_SOAK all of it takes ten minutes.
"""

import json
import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from strongroom_e2e.model import LABELS_MAX, TAGS_MAX, VERSIONS_MAX, Time
from strongroom_e2e.model_keys import Model
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import Server
from strongroom_e2e.wire import Wire

SOAK = bool(os.environ.get("STRONGROOM_SOAK"))
SEED = int(os.environ.get("STRONGROOM_SEED", random.SystemRandom().randrange(1 << 32)))
SECONDS, ROUNDS = (300, 400) if SOAK else (5, 12)
WRITERS, READERS, RIVALS = 4, 4, 6


class Owner(threading.Thread):
    """The only writer of one secret and its key. `states[n]` is what reads show after its n-th change."""

    def __init__(self, env, number):
        super().__init__(daemon=True)
        self.wire, self.dice = Wire.from_env(env), random.Random(SEED + number)
        self.name, self.count = f"owned/{number}", 0
        self.model = Model(env["STRONGROOM_REGION"], env["STRONGROOM_ACCOUNT_ID"])
        self.states, self.acknowledged, self.wrong, self.stop = [self.state()], 0, None, False
        self.key = self.wire.ok("CreateKey")["KeyMetadata"]["KeyId"]
        self.model.keys.CreateKey({}).then({"KeyMetadata": {"KeyId": self.key}})

    def state(self):
        """{action: what it shows}"""
        p = {"SecretName": self.name}
        read, described = self.model.expect("GetSecretValue", p), self.model.expect("DescribeSecret", p)
        secret = self.model.secrets.rows.get(self.name)
        rows = secret and frozenset((v, frozenset(k for k, at in secret.labels.items() if at == v)) for v in secret.ids())
        return {"GetSecretValue": frozenset(read.faults) or (read.body["VersionId"], read.body["SecretData"]),
                "DescribeSecret": frozenset(described.faults) or (secret.description, bool(secret.deleted)),
                "ListSecretVersionIds": frozenset(described.faults) or rows}

    def change(self):
        """A change that must succeed, or nothing."""
        secret, name = self.model.secrets.rows.get(self.name), {"SecretName": self.name}
        self.count += 1
        if not secret:
            create = "CreateSecret", {**name, "VersionId": "v1", "SecretData": f"created {self.count}", "EncryptionKeyId": self.key}
            return self.dice.choice([create, create, ("EnableKey", {"KeyId": self.key}), ("CancelKeyDeletion", {"KeyId": self.key})])
        return self.dice.choice([
            ("PutSecretValue", {**name, "VersionId": f"v{self.dice.randrange(40)}", "SecretData": f"put {self.count}"}),
            ("PutSecretValue", {**name, "VersionId": f"v{self.dice.randrange(40)}", "SecretData": f"put {self.count}",
                                "VersionStages": json.dumps([self.dice.choice("abc")])}),
            ("UpdateSecretVersionStage", {**name, "VersionStage": "ACSCurrent", "MoveToVersion": self.dice.choice(secret.ids())}),
            ("UpdateSecretVersionStage", {**name, "VersionStage": "a", "MoveToVersion": self.dice.choice(secret.ids())}),
            ("UpdateSecret", {**name, "Description": f"described {self.count}"}),
            ("DeleteSecret", name), ("DeleteSecret", {**name, "ForceDeleteWithoutRecovery": "true"}), ("RestoreSecret", name),
            ("RestoreSecret", name), ("DisableKey", {"KeyId": self.key}), ("EnableKey", {"KeyId": self.key}),
            ("EnableKey", {"KeyId": self.key}), ("ScheduleKeyDeletion", {"KeyId": self.key, "PendingWindowInDays": "7"}),
            ("CancelKeyDeletion", {"KeyId": self.key}), ("CancelKeyDeletion", {"KeyId": self.key})])

    def run(self):
        try:
            while not self.stop:
                Time.begin()
                action, p = self.change()
                outcome = self.model.expect(action, p)
                if outcome.faults:
                    continue
                if outcome.then:
                    outcome.then({})
                self.states.append(self.state())
                answer = self.wire.acs3(action, p, place="form")
                equal((answer.status, answer.code), (200, ""), f"{action} {p}")
                self.acknowledged = len(self.states) - 1
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = error


class Reader(threading.Thread):
    """Reads what the owners write, over connections that it makes anew now and then: other threads of the server."""

    def __init__(self, env, owners, number):
        super().__init__(daemon=True)
        self.env, self.owners, self.dice = env, owners, random.Random(SEED * 7 + number)
        self.wrong, self.stop, self.count = None, False, 0

    def run(self):
        wire = Wire.from_env(self.env)
        try:
            while not self.stop:
                if self.dice.random() < 0.01:
                    wire.close()
                owner = self.dice.choice(self.owners)
                action = self.dice.choice(["GetSecretValue"] * 4 + ["ListSecretVersionIds", "DescribeSecret"])
                p = {"SecretName": owner.name}
                if action == "ListSecretVersionIds":
                    p.update(IncludeDeprecated="true", PageSize="100")
                first = owner.acknowledged
                answer = wire.acs3(action, p)
                last = len(owner.states) - 1
                self.check(action, answer, owner.states[first:last + 1])
                self.count += 1
        except Exception as error:  # pylint: disable=broad-except
            self.wrong = error
        finally:
            wire.close()

    def check(self, action, answer, states):
        body = answer.json
        if answer.status != 200:
            good = any((answer.status, answer.code) in state[action] for state in states)
        else:
            seen = {"GetSecretValue": lambda: (body["VersionId"], body["SecretData"]),
                    "DescribeSecret": lambda: (body["Description"], "PlannedDeleteTime" in body),
                    "ListSecretVersionIds": lambda: frozenset((row["VersionId"], frozenset(row["VersionStages"]["VersionStage"]))
                                                              for row in body["VersionIds"]["VersionId"])}[action]()
            good = any(seen == state[action] for state in states)
        if not good:
            raise AssertionError(f"{action} answered {answer}, which is none of {[state[action] for state in states]}")


def read_while_written(suite, env):
    with suite.case("GetSecretValue", f"{READERS} readers beside {WRITERS} writers see only states that were (seed {SEED})"):
        owners = [Owner(env, number) for number in range(WRITERS)]
        readers = [Reader(env, owners, number) for number in range(READERS)]
        threads = owners + readers
        for thread in threads:
            thread.start()
        until = time.monotonic() + SECONDS
        while time.monotonic() < until and not any(thread.wrong for thread in threads):
            time.sleep(0.1)
        for thread in threads:
            thread.stop = True
        for thread in threads:
            thread.join(30)
        for thread in threads:
            if thread.wrong:
                raise thread.wrong
        changes = [owner.acknowledged for owner in owners]
        print(f"{changes} changes, {sum(reader.count for reader in readers)} reads")
        assert min(changes) >= SECONDS, f"{changes} changes in {SECONDS} s: nothing was tried"


class Race:
    """The same moment for several connections."""

    def __init__(self, env):
        self.wires = [Wire.from_env(env) for _ in range(RIVALS)]
        self.pool = ThreadPoolExecutor(RIVALS)

    def run(self, calls):
        """The answers to `calls`, [(action, parameters)], sent at once."""
        start = threading.Barrier(len(calls))

        def one(wire, call):
            start.wait()
            return wire.acs3(call[0], call[1], place="form")
        return list(self.pool.map(one, self.wires, calls))

    def ok(self, action, p):
        return self.wires[0].ok(action, p)


def codes(answers):
    return sorted(answer.code or "ok" for answer in answers)


def one_wins(suite, race):
    """Of calls that exclude each other one succeeds, and its effect is what stays."""
    everyone = range(RIVALS)
    with suite.case("CreateSecret", "one of several creators of a name wins"):
        for number in range(ROUNDS):
            name = f"race/{number}"
            answers = race.run([("CreateSecret", {"SecretName": name, "VersionId": f"v{n}", "SecretData": f"of {n}"}) for n in everyone])
            equal(codes(answers), ["Rejected.ResourceExist"] * (RIVALS - 1) + ["ok"])
            winner = [answer.status for answer in answers].index(200)
            equal(race.ok("GetSecretValue", {"SecretName": name})["SecretData"], f"of {winner}")
            answers = race.run([("PutSecretValue", {"SecretName": name, "VersionId": "same", "SecretData": f"of {n}"}) for n in everyone])
            equal(codes(answers), ["Rejected.ResourceExist"] * (RIVALS - 1) + ["ok"])
            winner = [answer.status for answer in answers].index(200)
            equal(race.ok("GetSecretValue", {"SecretName": name, "VersionId": "same"})["SecretData"], f"of {winner}")
            answers = race.run([("DeleteSecret", {"SecretName": name, "ForceDeleteWithoutRecovery": "true"}) for _ in everyone])
            equal(codes(answers), ["Forbidden.ResourceNotFound"] * (RIVALS - 1) + ["ok"])
    with suite.case("CreateAlias", "one of several keys gets an alias, one of several callers makes a version"):
        keys = [race.ok("CreateKey", {})["KeyMetadata"]["KeyId"] for _ in everyone]
        for number in range(ROUNDS):
            alias = f"alias/race{number}"
            answers = race.run([("CreateAlias", {"AliasName": alias, "KeyId": key}) for key in keys])
            equal(codes(answers), ["AliasAlreadyExists"] * (RIVALS - 1) + ["ok"])
            winner = keys[[answer.status for answer in answers].index(200)]
            equal(race.ok("DescribeKey", {"KeyId": alias})["KeyMetadata"]["KeyId"], winner)
        for key in keys:
            answers = race.run([("CreateKeyVersion", {"KeyId": key})] * RIVALS)
            equal(codes(answers), ["Rejected.LimitExceeded"] * (RIVALS - 1) + ["ok"])
            equal(race.ok("ListKeyVersions", {"KeyId": key})["TotalCount"], 2)
    with suite.case("ScheduleKeyDeletion", "a protected key does not wait for its deletion"):
        for key in keys[:4]:
            calls = [("ScheduleKeyDeletion", {"KeyId": key, "PendingWindowInDays": "7"}),
                     ("SetDeletionProtection", {"KeyId": key, "EnableDeletionProtection": "true"})]
            race.run(calls * (RIVALS // 2))
            row = race.ok("DescribeKey", {"KeyId": key})["KeyMetadata"]
            assert (row["KeyState"], row["DeletionProtection"]) in (("PendingDeletion", "Disabled"), ("Enabled", "Enabled")), row


def bounds(suite, race):
    with suite.case("TagResource", f"never more than {TAGS_MAX} tags"):
        race.ok("CreateSecret", {"SecretName": "tagged", "VersionId": "v", "SecretData": "x"})
        calls = [("TagResource", {"SecretName": "tagged", "Tags": json.dumps([{"TagKey": f"k{n}-{i}", "TagValue": ""} for i in range(6)])})
                 for n in range(RIVALS)]
        answers = race.run(calls)
        equal(codes(answers).count("ok"), 3)
        equal(len(race.ok("DescribeSecret", {"SecretName": "tagged", "FetchTags": "true"})["Tags"]["Tag"]), 18)
    with suite.case("DeleteSecret", "a value that was put is there, unless the secret is gone"):
        for number in range(ROUNDS):
            p = {"SecretName": "gone"}
            race.wires[0].acs3("CreateSecret", {**p, "VersionId": "v", "SecretData": f"first {number}"})
            before = race.ok("GetSecretValue", p)["SecretData"]
            put = [("PutSecretValue", {**p, "VersionId": f"n{number}-{n}", "SecretData": f"{n}"}) for n in range(3)]
            answers = race.run(put + [("DeleteSecret", {**p, "ForceDeleteWithoutRecovery": "true"}),
                                      ("CreateSecret", {**p, "VersionId": "v", "SecretData": f"again {number}"}),
                                      ("GetSecretValue", p)])
            equal(answers[3].status, 200, repr(answers[3]))
            known = race.wires[0].acs3("GetSecretValue", {**p, "VersionId": "v"})
            if answers[4].status == 200:
                equal(known.json["SecretData"], f"again {number}")
            else:
                equal(known.code, "Forbidden.ResourceNotFound", f"{before} was deleted")


def rivals(suite, env):
    """Several writers of the same secrets: each has a label of its own, which stays where it put it."""
    wire, wrong, until = Wire.from_env(env), [], time.monotonic() + SECONDS
    names = ["rivals/a", "rivals/b"]
    for name in names:
        wire.ok("CreateSecret", {"SecretName": name, "VersionId": "first", "SecretData": name + " first"})

    def rows_of(own, name):
        rows = own.ok("ListSecretVersionIds", {"SecretName": name, "IncludeDeprecated": "true", "PageSize": "100"})["VersionIds"]["VersionId"]
        labels = [label for row in rows for label in row["VersionStages"]["VersionStage"]]
        ids = [row["VersionId"] for row in rows]
        assert len(ids) == len(set(ids)) <= VERSIONS_MAX and len(labels) == len(set(labels)) <= LABELS_MAX, rows
        assert labels.count("ACSCurrent") == 1, rows
        return rows

    def write(number):
        own, dice, mine = Wire.from_env(env), random.Random(SEED + number), f"mine{number}"
        at = {}
        try:
            while time.monotonic() < until and not wrong:
                name = dice.choice(names)
                version = f"v{dice.randrange(30)}"
                p = {"SecretName": name, "VersionId": version, "SecretData": f"{name} {version}"}
                if dice.random() < 0.5:
                    call = "PutSecretValue", {**p, "VersionStages": json.dumps([mine] + dice.choice([[], ["ACSCurrent"]]))}
                elif dice.random() < 0.5:
                    call = "PutSecretValue", p
                else:
                    call = "UpdateSecretVersionStage", {"SecretName": name, "VersionStage": dice.choice(["ACSCurrent", mine]),
                                                        "MoveToVersion": dice.choice(rows_of(own, name))["VersionId"]}
                answer = own.acs3(*call, place="form")
                assert answer.status == 200 or answer.code == "Forbidden.ResourceNotFound" and "Move" in str(call), f"{call}: {answer}"
                if answer.status == 200 and call[0] == "PutSecretValue" and mine in str(call):
                    if mine in answer.json["VersionStages"]["VersionStage"]:
                        at[name] = version
                elif answer.status == 200 and call[1].get("VersionStage") == mine:
                    at[name] = call[1]["MoveToVersion"]
                if name in at:
                    read = own.ok("GetSecretValue", {"SecretName": name, "VersionStage": mine})
                    equal((read["VersionId"], read["SecretData"]), (at[name], f"{name} {at[name]}"), mine)
                rows_of(own, name)
        except Exception as error:  # pylint: disable=broad-except
            wrong.append(error)
    with suite.case("PutSecretValue", f"{RIVALS} writers of two secrets keep the rules of labels and versions (seed {SEED})"):
        with ThreadPoolExecutor(RIVALS) as pool:
            list(pool.map(write, range(RIVALS)))
        if wrong:
            raise wrong[0]


def main():
    suite = Suite("wire")
    with Server() as server:
        read_while_written(suite, server.env)
        race = Race(server.env)
        one_wins(suite, race)
        bounds(suite, race)
        rivals(suite, server.env)
    suite.finish()


if __name__ == "__main__":
    main()
