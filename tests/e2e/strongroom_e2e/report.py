"""How a test program tells the runner what it did: one line `#e2e {json}` for each case.

Every language's suite prints the same lines, so that the ledger is made from one kind of record:
client, action, case, ok, detail.
"""

import json
import sys
import traceback


class Suite:
    def __init__(self, client):
        self.client = client
        self.failed = 0

    def record(self, action, case, ok, detail=""):
        self.failed += not ok
        line = {"client": self.client, "action": action, "case": case, "ok": bool(ok), "detail": detail[:2000]}
        print("#e2e " + json.dumps(line), flush=True)

    def case(self, action, case):
        """with suite.case("GetSecretValue", "reads what was put"): asserts inside."""
        return _Case(self, action, case)

    def finish(self):
        sys.exit(1 if self.failed else 0)


class _Case:
    def __init__(self, suite, action, name):
        self.suite, self.action, self.name = suite, action, name

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.suite.record(self.action, self.name, True)
            return True
        if not issubclass(kind, Exception):
            return False
        where = traceback.extract_tb(trace)[-1]
        self.suite.record(self.action, self.name, False, f"{kind.__name__}: {error} ({where.name}:{where.lineno})")
        return True


def equal(actual, expected, what="value"):
    if actual != expected or type(actual) is not type(expected):
        raise AssertionError(f"{what}: expected {expected!r}, got {actual!r}")
