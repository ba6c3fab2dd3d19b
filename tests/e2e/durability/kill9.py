"""Durability: kill -9 under 16 writers, again and again over the same data.

After every kill: each acknowledged write is there; a write without an answer is there wholly or not at all; each secret
has exactly one ACSCurrent and at most one ACSPrevious; the account, the keys and the CA have not changed.
60 cycles; 2,000 when STRONGROOM_SOAK is set. The random seed is printed and can be given as STRONGROOM_SEED.
"""

import hashlib
import http.client
import os
import random
import shutil
import threading
import time

from strongroom_e2e.report import Suite
from strongroom_e2e.server import Server
from strongroom_e2e.wire import Wire

WRITERS = 16
CYCLES = int(os.environ.get("STRONGROOM_CYCLES", "2000" if os.environ.get("STRONGROOM_SOAK") else "60"))
SEED = int(os.environ.get("STRONGROOM_SEED", random.SystemRandom().randrange(1 << 32)))
VERSIONS_MAX = 10
RETRY = ("ServiceUnavailableTemporary", "Rejected.Throttling", "Throttling.User")


def value_of(name, version):
    """What version `version` of `name` must hold: any mix-up of rows shows."""
    seed = hashlib.sha256(f"{name}/{version}".encode()).hexdigest()
    return seed * (1 + int(seed[:2], 16) % 20)


class Owned:
    """A secret that one writer alone writes: versions 1, 2, 3 ... each made current, with a custom label that moves too."""

    def __init__(self, name):
        self.name = name
        self.acknowledged = 0      # the highest version whose answer came
        self.pending = 0           # a version that was sent without an answer, or 0

    def step(self, wire):
        version = self.acknowledged + 1
        self.pending = version
        data = {"SecretName": self.name, "VersionId": f"v{version}", "SecretData": value_of(self.name, version)}
        if version == 1:
            ask(wire, "CreateSecret", data)
        else:
            ask(wire, "PutSecretValue", {**data, "VersionStages": '["ACSCurrent","Mine"]'})
        self.acknowledged, self.pending = version, 0

    def check(self, wire):
        allowed = {self.acknowledged, self.pending or self.acknowledged}
        answer = wire.acs3("GetSecretValue", {"SecretName": self.name})
        if answer.code == "Forbidden.ResourceNotFound":
            assert 0 in allowed, f"{self.name}: v{self.acknowledged} was acknowledged, the secret is gone"
            found = 0
        else:
            assert answer.status == 200, f"{self.name}: {answer}"
            found = int(answer.json["VersionId"][1:])
            assert found in allowed, f"{self.name}: current is v{found}, acknowledged v{self.acknowledged}, pending {self.pending}"
            self.check_versions(wire, found, answer.json)
        self.acknowledged, self.pending = found, 0

    def check_versions(self, wire, found, current):
        assert current["SecretData"] == value_of(self.name, found), f"{self.name} v{found}: wrong value"
        rows = versions(wire, self.name)
        lowest = max(1, found - VERSIONS_MAX + 1)
        expected = {f"v{n}" for n in range(lowest, found + 1)}
        assert set(rows) == expected, f"{self.name}: versions {sorted(rows)}, expected v{lowest}..v{found}"
        labels = holders(rows)
        wanted = {"ACSCurrent": [f"v{found}"]}
        if found > 1:
            wanted.update({"ACSPrevious": [f"v{found - 1}"], "Mine": [f"v{found}"]})
        assert labels == wanted, f"{self.name}: {labels}, expected {wanted}"
        old = random.randint(lowest, found)
        got = wire.ok("GetSecretValue", {"SecretName": self.name, "VersionId": f"v{old}"})["SecretData"]
        assert got == value_of(self.name, old), f"{self.name} v{old}: wrong value"


class Shared:
    """A secret that all writers write: which version is current is a race, but there is one, and it is whole."""

    def __init__(self, name):
        self.name = name
        self.sent = set()
        self.lock = threading.Lock()

    def step(self, wire, version):
        with self.lock:
            self.sent.add(version)
        ask(wire, "PutSecretValue", {"SecretName": self.name, "VersionId": version, "SecretData": value_of(self.name, version)})

    def check(self, wire):
        rows = versions(wire, self.name)
        labels = holders(rows)
        assert len(labels.get("ACSCurrent", [])) == 1, f"{self.name}: {labels}"
        assert len(labels.get("ACSPrevious", [])) <= 1, f"{self.name}: {labels}"
        assert len(rows) <= VERSIONS_MAX and set(rows) <= self.sent | {"first"}, f"{self.name}: {sorted(rows)}"
        for version in rows:
            got = wire.ok("GetSecretValue", {"SecretName": self.name, "VersionId": version})["SecretData"]
            assert got == value_of(self.name, version), f"{self.name} {version}: wrong value"


class Churned:
    """A secret that is created and deleted at once, over and over: it is there or it is not."""

    def __init__(self, name):
        self.name = name
        self.present, self.generation, self.unsure = False, 0, False

    def step(self, wire):
        self.unsure = True
        if self.present:
            ask(wire, "DeleteSecret", {"SecretName": self.name, "ForceDeleteWithoutRecovery": "true"})
        else:
            self.generation += 1
            version = f"g{self.generation}"
            ask(wire, "CreateSecret", {"SecretName": self.name, "VersionId": version, "SecretData": value_of(self.name, version)})
        self.present, self.unsure = not self.present, False

    def check(self, wire):
        answer = wire.acs3("GetSecretValue", {"SecretName": self.name})
        there = answer.status == 200
        assert there or answer.code == "Forbidden.ResourceNotFound", f"{self.name}: {answer}"
        assert self.unsure or there == self.present, f"{self.name}: acknowledged as {'there' if self.present else 'gone'}: {answer}"
        if there:
            version = answer.json["VersionId"]
            assert version == f"g{self.generation}" and answer.json["SecretData"] == value_of(self.name, version), f"{answer}"
            assert list(versions(wire, self.name)) == [version]
        self.present, self.unsure = there, False


def ask(wire, action, parameters):
    while True:
        answer = wire.acs3(action, parameters, place="form")
        if answer.status == 200:
            return
        if answer.code not in RETRY:
            raise AssertionError(f"{action} {parameters['SecretName']} {parameters.get('VersionId')}: {answer}")
        time.sleep(0.02)


def versions(wire, name):
    answer = wire.ok("ListSecretVersionIds", {"SecretName": name, "IncludeDeprecated": "true", "PageSize": "100"})
    return {row["VersionId"]: row["VersionStages"]["VersionStage"] for row in answer["VersionIds"]["VersionId"]}


def holders(rows):
    labels = {}
    for version, stages in rows.items():
        for stage in stages:
            labels.setdefault(stage, []).append(version)
    return labels


class Writer(threading.Thread):
    def __init__(self, number, env, shared, owned, churned):
        super().__init__(daemon=True)
        self.number, self.wire = number, Wire.from_env(env)
        self.shared, self.owned, self.churned = shared, owned, churned
        self.dice = random.Random(SEED * 1000 + number + id(self))
        self.wrong, self.done = None, 0

    def run(self):
        try:
            while True:
                pick = self.dice.randrange(10)
                if pick < 6:
                    self.dice.choice(self.owned).step(self.wire)
                elif pick < 8:
                    self.dice.choice(self.shared).step(self.wire, f"w{self.number}-{self.dice.getrandbits(48):x}")
                else:
                    self.churned.step(self.wire)
                self.done += 1
        except (OSError, http.client.HTTPException):
            pass  # the kill; the step in progress stays unsure
        except Exception as error:  # anything else is a finding
            self.wrong = error
        finally:
            self.wire.close()


def cycle(server, number, state):
    """One life of the server: check what the last one left, write, kill. Returns the writes acknowledged."""
    shared, owned, churned = state
    wire = Wire.from_env(server.env)
    for secret in [s for row in owned for s in row] + shared + churned:
        secret.check(wire)
    wire.close()
    writers = [Writer(n, server.env, shared, owned[n], churned[n]) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    time.sleep(random.uniform(0.05, 0.6))
    server.kill()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive(), f"cycle {number}: a writer hangs"
        if writer.wrong:
            raise writer.wrong
    return sum(writer.done for writer in writers)


def main():
    suite = Suite("durability")
    random.seed(SEED)
    print(f"seed {SEED}, {CYCLES} cycles")
    server = Server()
    written = survived = 0
    try:
        server.start()
        first = {k: v for k, v in server.env.items() if k != "STRONGROOM_ENDPOINT"}
        wire = Wire.from_env(server.env)
        shared = [Shared(f"kill/shared/{n}") for n in range(4)]
        for secret in shared:
            ask(wire, "CreateSecret", {"SecretName": secret.name, "VersionId": "first", "SecretData": value_of(secret.name, "first")})
        wire.close()
        state = (shared, [[Owned(f"kill/{w}/{n}") for n in range(3)] for w in range(WRITERS)],
                 [Churned(f"kill/{w}/churn") for w in range(WRITERS)])
        with suite.case("-", f"{CYCLES} kills under {WRITERS} writers: nothing acknowledged is lost, nothing is half there"):
            for number in range(CYCLES):
                written += cycle(server, number, state)
                server.start()
                survived += 1
                same = {k: v for k, v in server.env.items() if k in first and k != "STRONGROOM_ENDPOINT"}
                changed = [k for k in first if same.get(k) != first[k] and "URL" not in k and "ENDPOINT" not in k]
                assert not changed, f"changed over a restart: {changed}"
            wire = Wire.from_env(server.env)
            for secret in [s for row in state[1] for s in row] + state[0] + state[2]:
                secret.check(wire)
            wire.close()
        with suite.case("-", "enough was written for the test to mean something"):
            assert written >= 5 * CYCLES, f"{written} writes in {survived} cycles"
    finally:
        server.kill()
        print(f"{survived} kills survived, {written} writes acknowledged")
        if not suite.failed:
            shutil.rmtree(server.work, ignore_errors=True)
        else:
            print(f"seed {SEED}; the data is in {server.work}")
    suite.finish()


if __name__ == "__main__":
    main()
