#!/usr/bin/env python3
"""Makes docs/compatibility.md (action x client) from build/e2e/results.json. Usage: ledger.py [--check]

--check changes nothing and fails if the page is not what the newest complete run says. Python standard library only.
"""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(ROOT, "build", "e2e", "results.json")
PAGE = os.path.join(ROOT, "docs", "compatibility.md")
E2E = os.path.join(ROOT, "tests", "e2e")

# Ledger name, package, where its version is pinned, how it is pointed here.
CLIENTS = [
    ("node pop-core", "@alicloud/pop-core", "node", "`endpoint: 'https://host:port'`, CA by `NODE_EXTRA_CA_CERTS`; RPC v1, GET and POST"),
    ("node kms20160120", "@alicloud/kms20160120", "node", "`endpoint`, CA by `NODE_EXTRA_CA_CERTS`; RPC v1"),
    ("node openapi-client", "@alicloud/openapi-client", "node", "`endpoint`, `RuntimeOptions.ca`; ACS3 SHA-256 and SM3, RPC v1; query, form and JSON bodies"),
    ("python kms20160120", "alibabacloud-kms20160120", "python", "`Config.endpoint`, `Config.ca` (a path); ACS3"),
    ("python ram20150501", "alibabacloud-ram20150501", "python", "`Config.endpoint`, `Config.ca` (a path); ACS3"),
    ("python sts20150401", "alibabacloud-sts20150401", "python", "`Config.endpoint`, `Config.ca` (a path); ACS3"),
    ("node ram20150501", "@alicloud/ram20150501", "node", "`Config.endpoint`, CA by `NODE_EXTRA_CA_CERTS`; ACS3"),
    ("node sts20150401", "@alicloud/sts20150401", "node", "`Config.endpoint`, CA by `NODE_EXTRA_CA_CERTS`; ACS3"),
    ("go ram20150501", "github.com/alibabacloud-go/ram-20150501/v2", "go", "`Config.Endpoint`, `Config.Ca` (PEM text); ACS3"),
    ("go sts20150401", "github.com/alibabacloud-go/sts-20150401/v2", "go", "`Config.Endpoint`, `Config.Ca` (PEM text); ACS3"),
    ("java ram20150501", "ram20150501", "java", "`Config.setEndpoint`, `setCa` (PEM text); ACS3"),
    ("java sts20150401", "sts20150401", "java", "`Config.setEndpoint`, `setCa` (PEM text); ACS3"),
    ("python credentials", "alibabacloud-credentials", "python", "default chain: `strongroom metadata serve`, credentials URI, OIDC token file; `ram_role_arn` with its STS endpoint"),
    ("node credentials", "@alicloud/credentials", "node", "default chain: `strongroom metadata serve`, credentials URI, OIDC token file; `ram_role_arn` with its STS endpoint"),
    ("python aliyun-python-sdk-kms", "aliyun-python-sdk-kms", "python", "`set_endpoint(host)`, `AcsClient(port=, verify=path)`; RPC v1"),
    ("python secretsmanager-client-v2", "alibabacloud-secretsmanager-client-v2", "python", "`add_config(Config(endpoint, ca=path))`; ACS3"),
    ("python secret-manager-client", "aliyun-secret-manager-client", "python", "`RegionInfo(region, False, endpoint)`; RPC v1; the client itself does not check certificates"),
    ("go kms-20160120", "github.com/alibabacloud-go/kms-20160120/v3", "go", "`Config.Endpoint`, `Config.Ca` (PEM text); ACS3"),
    ("go secretsmanager-client", "github.com/aliyun/aliyun-secretsmanager-client-go", "go", "`NewRegionInfoWithEndpoint`; RPC v1; the client itself does not check certificates"),
    ("java kms20160120", "kms20160120", "java", "`Config.setEndpoint`, `setCa` (PEM text); ACS3"),
    ("go credentials", "github.com/aliyun/credentials-go", "go", "default chain: `strongroom metadata serve`, credentials URI, OIDC token file; `ram_role_arn` with its STS endpoint"),
    ("java credentials", "credentials-java", "java", "default chain: `strongroom metadata serve`, credentials URI, OIDC token file; `ram_role_arn` with its STS endpoint"),
    ("java secretsmanager-client", "alibabacloud-secretsmanager-client", "java", "`RegionInfo(region, false, endpoint)`; RPC v1, XML; the client itself does not check certificates"),
    ("python dkms-gcs", "alibabacloud-dkms-gcs", "python", "an instance: `Config(endpoint, client_key_content, password, ca_file_path)`; Instance API"),
    ("python dkms-transfer", "alibabacloud-dkms-transfer-python", "python", "an instance: the same `Config` in `KmsTransferAcsClient`, `verify=path`; Instance API"),
    ("python kms-python-sdk", "alibabacloud-kms-python-sdk", "python-kms-sdk", "an instance: `KmsConfig` with `ca_file_path`; Instance API, both forms of blobs"),
    ("go dkms-gcs", "github.com/aliyun/alibabacloud-dkms-gcs-go-sdk", "go", "an instance: `Config.Endpoint`, `ClientKeyFile`, `CaFilePath`; Instance API"),
    ("go dkms-transfer", "github.com/aliyun/alibabacloud-dkms-transfer-go-sdk", "go", "an instance: the same `Config`; Instance API"),
    ("java dkms-gcs", "alibabacloud-dkms-gcs-sdk", "java", "an instance: `Config.setEndpoint`, `setClientKeyFile`, `setCaFilePath`; Instance API"),
    ("java dkms-transfer", "kms-transfer-client", "java", "an instance: the same `Config`; Instance API"),
]
PINS = {"node": "node/package.json", "python": "python/requirements.txt", "python-kms-sdk": "python/requirements-kms-sdk.txt",
        "go": "go/go.mod", "java": "java/pom.xml"}


def version(package, kind):
    text = open(os.path.join(E2E, PINS[kind]), encoding="utf-8").read()
    pattern = {"node": rf'"{re.escape(package)}": "([^"]+)"', "python": rf"^{re.escape(package)}==(\S+)$",
               "python-kms-sdk": rf"^{re.escape(package)}==(\S+)$",
               "go": rf"^\s*{re.escape(package)} v(\S+)$", "java": rf"<artifactId>{re.escape(package)}</artifactId>\s*<version>([^<]+)"}[kind]
    return re.search(pattern, text, re.M).group(1)


def page(records):
    names = [name for name, *_ in CLIENTS]
    cells = {}
    for record in records:
        if record["client"] in names and record["action"] != "-":
            key = record["action"], record["client"]
            cells[key] = cells.get(key, True) and record["ok"]
    actions = sorted({action for action, _ in cells})
    lines = [
        "# Compatibility ledger",
        "",
        "<!-- Made by scripts/ledger.py from a complete run of tests/e2e/run.py. Do not edit. -->",
        "",
        "Official clients, unmodified, run against Strongroom by `make test`. Each case asserts values,",
        "types and error codes. **yes**: every case passed. **no**: at least one failed. Empty: the client",
        "does not know the action, or its suite does not use it.",
        "",
        "| # | client | version | how it is pointed here, what it sends |",
        "| --- | --- | --- | --- |",
    ]
    for number, (name, package, kind, how) in enumerate(CLIENTS, 1):
        lines.append(f"| {number} | {name.split(' ')[0]} `{package}` | {version(package, kind)} | {how} |")
    lines += ["", "| action | " + " | ".join(str(n) for n in range(1, len(CLIENTS) + 1)) + " |",
              "| --- |" + " --- |" * len(CLIENTS)]
    for action in actions:
        row = ["" if (action, name) not in cells else "yes" if cells[action, name] else "**no**" for name in names]
        lines.append(f"| {action} | " + " | ".join(row) + " |")
    lines += ["", "Beside these, `tests/e2e/wire` sends by hand what no SDK sends: every envelope rule, broken and",
              "forged signatures, limits; and the same for the Instance API, whose generated client key files are",
              "loaded by OpenSSL, Python, Java, Node and Go.", "",
              "The v2 secrets client, the OpenAPI SDK and `alibabacloud-dkms-gcs` for Python also run against an",
              "instance under its own name, `kst-….cryptoservice.kms.aliyuncs.com`, with the instance's CA file.", "",
              "By hand on 2026-11-23, with its own files unmodified: how the v2 secrets client for Go signs with a",
              "client key (`sdk/utils/sign.go` and `sdk/mauth/utils/client_key.go` of version 2.0.1, commits",
              "b963c8b and 24bc0b8) over `kms-20160120/v3` 3.3.1, against the shared endpoint and an instance:",
              "values, rotation, and the codes of what is absent, forbidden or deleted. To repeat it, call them as",
              "`sdk/service/secret_manager_client_bearer.go` does; `tests/e2e/python/client_key_bearer.py` says the",
              "same bytes in every run. The rest of that client could not be built: of its sources only a part was",
              "at hand (without the models, the logger's interface, the AES and endpoint helpers).", "",
              "By hand on the same day: the JDBC driver (`aliyun-secretsmanager-jdbc` 1.3.6, its source unmodified)",
              "through 200 rotations of two accounts on MariaDB and on PostgreSQL; figures, and how to repeat it",
              "with `STRONGROOM_JDBC_JAR`, stand in [rotation.md](rotation.md#applications-over-jdbc).", "",
              "By hand on the same day: the transfer client of the KMS instance SDK for Java",
              "(`alibabacloud-kms-java-sdk`, files of 1.0.0 to 1.2.5, unmodified, on `kms20160120` 1.2.3 and",
              "`alibabacloud-dkms-gcs-sdk` 0.5.2), its ten actions in both forms of blobs. To",
              "repeat it, `STRONGROOM_KMS_SDK_JAR=/path/to.jar tests/e2e/run.py --only java-kms-sdk`.", "",
              "Not run, because the package registries do not have them: the KMS instance SDK for Go",
              "(`alibabacloud-kms-go-sdk`), the v2 secrets client for Java and the rest of the one for Go.", ""]
    return "\n".join(lines)


def main():
    try:
        results = json.load(open(RESULTS, encoding="utf-8"))
    except OSError:
        print("ledger: no results; run tests/e2e/run.py first", file=sys.stderr)
        return 2
    if not results["complete"]:
        print("ledger: the newest run was partial; run tests/e2e/run.py without --only", file=sys.stderr)
        return 2
    text = page(results["records"])
    if "--check" not in sys.argv:
        open(PAGE, "w", encoding="utf-8").write(text)
        return 0
    if not os.path.exists(PAGE) or open(PAGE, encoding="utf-8").read() != text:
        print("ledger: docs/compatibility.md is stale; run scripts/ledger.py and commit it", file=sys.stderr)
        return 1
    print("ledger: docs/compatibility.md is what this run shows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
