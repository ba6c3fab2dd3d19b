"""The PKCS#12 file of a client key, loaded by what the clients of each language load it with."""

import base64
import json
import os
import subprocess
import sys

from cryptography.hazmat.primitives.serialization import pkcs12
from OpenSSL import crypto

from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.report import Suite, equal

NODE = """
const pfx = require('fs').readFileSync(process.argv[1]);
require('tls').createSecureContext({pfx, passphrase: process.argv[2]});
let refused = false;
try { require('tls').createSecureContext({pfx, passphrase: 'wrong'}); } catch (error) { refused = true; }
process.exit(refused ? 0 : 1);
"""


def run(*command, ok=True):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
    equal(done.returncode == 0, ok, done.stderr + done.stdout)
    return done.stdout


def main():
    suite = Suite("client key file")
    key = Applications().client_key("file")
    data = base64.b64decode(json.loads(key.content)["PrivateKeyData"])
    work = work_directory("p12")
    path = os.path.join(work, "key.p12")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
        out.write(data)
    with suite.case("CreateClientKey", "loads in OpenSSL without its legacy provider"):
        told = run("openssl", "pkcs12", "-in", path, "-info", "-nodes", "-passin", "pass:" + key.password)
        assert "BEGIN PRIVATE KEY" in told and told.index("BEGIN CERTIFICATE") < told.index("BEGIN PRIVATE KEY"), told
        run("openssl", "pkcs12", "-in", path, "-nodes", "-passin", "pass:wrong", ok=False)
    with suite.case("CreateClientKey", "loads in Python: cryptography and pyOpenSSL"):
        private, certificate, others = pkcs12.load_key_and_certificates(data, key.password.encode())
        equal((private.key_size, others), (2048, []))
        equal(certificate.public_key().public_numbers(), private.public_key().public_numbers())
        equal(crypto.load_pkcs12(data, key.password.encode()).get_privatekey().bits(), 2048)
    with suite.case("CreateClientKey", "loads in Java"):
        told = run("keytool", "-list", "-v", "-storetype", "PKCS12", "-keystore", path, "-storepass", key.password)
        assert "PrivateKeyEntry" in told and "contains 1 entry" in told, told
        run("keytool", "-list", "-storetype", "PKCS12", "-keystore", path, "-storepass", "wrong-password", ok=False)
    with suite.case("CreateClientKey", "loads in Node"):
        run("node", "-e", NODE, path, key.password)
    suite.finish()


if __name__ == "__main__":
    sys.exit(main())
