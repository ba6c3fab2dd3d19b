"""What the documentation promises: the hand-signed request works, its known answer is right, every advised code has a section."""

import glob
import os
import re
import subprocess
import sys

from strongroom_e2e.report import Suite, equal
from strongroom_e2e.server import DEFAULT_SERVER, ROOT
from strongroom_e2e.wire import FORM, KMS, Wire, acs3_canonical, acs3_hash, acs3_mac

suite = Suite("docs")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as text:
        return text.read()


def text_of(path):
    """A page without its blocks of code."""
    with open(path, encoding="utf-8") as text:
        return re.sub(r"^```.*?^```", "", text.read(), flags=re.M | re.S)


def anchors_of(text):
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def uneven_rows(text):
    """Rows with more or fewer cells than the heading of their table: what is too much is not shown."""
    cells = None
    for line in text.split("\n"):
        if not line.startswith("|"):
            cells = None
            continue
        here = line.strip().replace("\\|", "").count("|")
        if cells is not None and here != cells:
            yield line
        cells = cells or here


with suite.case("GetSecretValue", "docs/sign-by-hand.md: the program runs"):
    Wire.from_env(os.environ).ok("CreateSecret", {"SecretName": "MyDbCreds", "VersionId": "v1", "SecretData": "x"})
    program = re.search(r"```python\n(.*?)```", read("docs", "sign-by-hand.md"), re.S).group(1)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert '"SecretData"' in done.stdout, done.stdout + done.stderr

with suite.case("-", "docs/sign-by-hand.md: the known answer is right"):
    body = b"SecretName=db%2Fpass"
    headers = {"host": "127.0.0.1:8443", "x-acs-action": "GetSecretValue", "x-acs-version": KMS,
               "x-acs-date": "2026-11-22T01:02:03Z", "x-acs-signature-nonce": "00112233445566778899aabbccddeeff",
               "x-acs-content-sha256": acs3_hash("ACS3-HMAC-SHA256", body), "content-type": FORM}
    request = acs3_canonical("POST", {}, headers, sorted(headers), headers["x-acs-content-sha256"])
    text = "ACS3-HMAC-SHA256\n" + acs3_hash("ACS3-HMAC-SHA256", request.encode())
    equal(re.search(r"```text\n([0-9a-f]{64})\n", read("docs", "sign-by-hand.md")).group(1),
          acs3_mac("ACS3-HMAC-SHA256", "TestAccessKeySecretABCDEFGHIJK", text))

with suite.case("-", "docs/errors.md has a section for every code that the command line advises on"):
    headings = re.findall(r"^## (.+)$", read("docs", "errors.md"), re.M)
    sections = {heading for heading in headings if " " not in heading}  # each is an anchor
    equal(sorted(heading for heading in set(headings) if headings.count(heading) > 1), [])
    advised = re.findall(r'Advice\{\s*"([A-Za-z.]+)",', read("src", "cli", "src", "failure.cc"))
    assert len(advised) > 20
    missing = [code for code in advised if not any(section.startswith(code) for section in sections)]
    equal([code for code in missing if code not in ("NotConfigured",)], [])

with suite.case("-", "links lead somewhere, rows of a table have its cells"):
    pages = [path for pattern in ("*.md", "docs/**/*.md", "src/*/README.md", "examples/**/*.md")
             for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)]
    assert len(pages) > 40
    anchors = {page: anchors_of(text_of(page)) for page in pages}
    broken = []
    for page in pages:
        text = text_of(page)
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
            if not link.startswith("http") and (not os.path.exists(target) or anchor and anchor not in anchors.get(target, [anchor])):
                broken.append((page, link))
        broken += [(page, row[:60]) for row in uneven_rows(text)]
    equal(broken, [])

with suite.case("-", "docs/configuration.md lists every setting of the server"):
    explained = subprocess.run([DEFAULT_SERVER, "config", "explain"], capture_output=True,
                               text=True, check=True).stdout
    settings = re.findall(r"^(\S+\.\S+) = ", explained, re.M)
    assert len(settings) > 10, explained
    page = read("docs", "configuration.md")
    equal([name for name in settings if f"`{name}`" not in page], [])

suite.finish()
