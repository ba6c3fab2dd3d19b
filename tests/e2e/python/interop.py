"""What the keys sign, encrypt and authenticate, against two other implementations: the `openssl` program and Python's
`cryptography`. Every asymmetric spec with every algorithm; wrapped keys and imports in both directions; MACs. The keys are
used through the official client.
"""

import base64
import hashlib
import hmac
import os
import subprocess

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from instance_wire import InstanceWire
from kms20160120 import Adapter
from strongroom_e2e.applications import Applications, work_directory
from strongroom_e2e.report import Suite, equal

MESSAGE = b"a message that is signed here and verified elsewhere"
SM2_ID = b"1234567812345678"
# a, b and the base point of the curve of GB/T 32918.5.
SM2_CURVE = ("fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc"
             "28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93"
             "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
             "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0")
HASH = {"SHA_1": hashes.SHA1, "SHA_256": hashes.SHA256}
RSA_SPECS = ("RSA_2048", "RSA_3072", "RSA_4096")
SIGNING = [(spec, algorithm) for spec in RSA_SPECS for algorithm in ("RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256")] + [
    ("EC_P256", "ECDSA_SHA_256"), ("EC_P256K", "ECDSA_SHA_256"), ("EC_SM2", "SM2DSA")]
OAEPS = ("RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1")
MACS = {"HMAC_SHA_224": "sha224", "HMAC_SHA_256": "sha256", "HMAC_SHA_384": "sha384", "HMAC_SHA_512": "sha512",
        "HMAC_SM3": "sm3"}


def b64(data):
    return base64.b64encode(data).decode()


def oaep(algorithm):
    one = HASH[algorithm[len("RSAES_OAEP_"):]]
    return padding.OAEP(mgf=padding.MGF1(one()), algorithm=one(), label=None)


def oaep_options(algorithm):
    name = algorithm[len("RSAES_OAEP_"):].replace("_", "").lower()
    return ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:" + name, "-pkeyopt", "rsa_mgf1_md:" + name]


def sm3(data):
    return hashlib.new("sm3", data).digest()


class Openssl:
    """The program, in a directory of its own."""

    def __init__(self):
        self.folder = work_directory("openssl")

    def file(self, name, data):
        path = os.path.join(self.folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
        return path

    def run(self, *arguments, text=b""):
        done = subprocess.run(["openssl", *arguments], input=text, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"openssl {' '.join(arguments)}: {done.stderr.decode()}")
        return done.stdout

    def verifies(self, public, algorithm, digest, value):
        """Whether `value` is the key's signature of the digest."""
        options = {"RSA_PKCS1_SHA_256": ["-pkeyopt", "rsa_padding_mode:pkcs1", "-pkeyopt", "digest:sha256"],
                   "RSA_PSS_SHA_256": ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:32", "-pkeyopt",
                                       "digest:sha256"]}.get(algorithm, [])
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", self.file("public", public.encode()), "-in",
             self.file("digest", digest), "-sigfile", self.file("signature", value), *options], capture_output=True, check=False)
        return done.returncode == 0 and b"Signature Verified Successfully" in done.stdout

    def encrypt(self, public, algorithm, plain):
        options = oaep_options(algorithm) if algorithm.startswith("RSA") else []
        return self.run("pkeyutl", "-encrypt", "-pubin", "-inkey", self.file("public", public.encode()), *options, text=plain)

    def decrypt(self, private_file, algorithm, sealed):
        options = oaep_options(algorithm) if algorithm.startswith("RSA") else []
        return self.run("pkeyutl", "-decrypt", "-inkey", private_file, *options, text=sealed)


def cryptography_verifies(public, algorithm, digest, value):
    key = serialization.load_pem_public_key(public.encode())
    prehashed = utils.Prehashed(hashes.SHA256())
    try:
        if algorithm == "RSA_PSS_SHA_256":
            key.verify(value, digest, padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32), prehashed)
        elif algorithm == "RSA_PKCS1_SHA_256":
            key.verify(value, digest, padding.PKCS1v15(), prehashed)
        else:
            key.verify(value, digest, ec.ECDSA(prehashed))
    except InvalidSignature:
        return False
    return True


class Interop:
    def __init__(self):
        self.suite = Suite("interop")
        self.sdk = Adapter()
        self.openssl = Openssl()

    def call(self, action, **parameters):
        return self.sdk.call(action, parameters)

    def key(self, **parameters):
        """Of a new key: its id and version as parameters, and its public key as PEM if it has one."""
        meta = self.call("CreateKey", **parameters)["KeyMetadata"]
        version = self.call("ListKeyVersions", KeyId=meta["KeyId"])["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
        given = {"KeyId": meta["KeyId"], "KeyVersionId": version}
        if not meta["KeySpec"].startswith(("RSA", "EC")):
            return given, None
        return given, self.call("GetPublicKey", **given)["PublicKey"]

    def digest_of(self, algorithm, public):
        """What the signer of MESSAGE is given."""
        if algorithm != "SM2DSA":
            return hashlib.sha256(MESSAGE).digest()
        point = self.openssl.run("pkey", "-pubin", "-outform", "DER", text=public.encode())[-64:]
        z = sm3((len(SM2_ID) * 8).to_bytes(2, "big") + SM2_ID + bytes.fromhex(SM2_CURVE) + point)
        return sm3(z + MESSAGE)

    def signatures(self):
        for spec, algorithm in SIGNING:
            given, public = self.key(KeySpec=spec, KeyUsage="SIGN/VERIFY")
            digest = self.digest_of(algorithm, public)
            others = [self.openssl.verifies] + ([] if spec == "EC_SM2" else [cryptography_verifies])
            with self.suite.case("AsymmetricSign", f"{spec} {algorithm} verifies elsewhere"):
                for _ in range(3):  # DER of ECDSA has several lengths
                    value = base64.b64decode(self.call("AsymmetricSign", Algorithm=algorithm, Digest=b64(digest), **given)["Value"])
                    for verifies in others:
                        assert verifies(public, algorithm, digest, value)
                        assert not verifies(public, algorithm, hashlib.sha256(b"other").digest(), value)
            if algorithm == "SM2DSA":
                with self.suite.case("AsymmetricSign", "EC_SM2 SM2DSA is over the message and the usual id"):
                    out = self.openssl.run("pkeyutl", "-verify", "-pubin", "-inkey", self.openssl.file("public", public.encode()),
                                           "-rawin", "-digest", "sm3", "-pkeyopt", "distid:" + SM2_ID.decode(), "-in",
                                           self.openssl.file("message", MESSAGE), "-sigfile", self.openssl.file("signature", value))
                    assert b"Signature Verified Successfully" in out, out

    def ciphertexts(self):
        for spec in RSA_SPECS[:2]:
            given, public = self.key(KeySpec=spec, KeyUsage="ENCRYPT/DECRYPT")
            for algorithm in OAEPS:
                with self.suite.case("AsymmetricDecrypt", f"{spec} {algorithm}, encrypted elsewhere"):
                    other = serialization.load_pem_public_key(public.encode()).encrypt(b"cryptography", oaep(algorithm))
                    for sealed, plain in ((self.openssl.encrypt(public, algorithm, b"openssl"), b"openssl"), (other, b"cryptography")):
                        opened = self.call("AsymmetricDecrypt", Algorithm=algorithm, CiphertextBlob=b64(sealed), **given)
                        equal(base64.b64decode(opened["Plaintext"]), plain)
        given, public = self.key(KeySpec="EC_SM2", KeyUsage="ENCRYPT/DECRYPT")
        with self.suite.case("AsymmetricDecrypt", "EC_SM2 SM2PKE, encrypted elsewhere"):
            for size in (1, 32, 300):
                plain = os.urandom(size)
                sealed = self.openssl.encrypt(public, "SM2PKE", plain)
                opened = self.call("AsymmetricDecrypt", Algorithm="SM2PKE", CiphertextBlob=b64(sealed), **given)
                equal(base64.b64decode(opened["Plaintext"]), plain)

    def own_pair(self, spec):
        """A private key that openssl made, as a file, and its public key as Base64 of DER."""
        how = (["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if spec == "RSA_2048" else
               ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve"])
        private = self.openssl.file("private-" + spec, self.openssl.run("genpkey", *how))
        return private, b64(self.openssl.run("pkey", "-in", private, "-pubout", "-outform", "DER"))

    def exports(self):
        """What the server encrypts with a public key from elsewhere is opened there."""
        key, _ = self.key()
        for spec, algorithm in [("RSA_2048", one) for one in OAEPS] + [("EC_SM2", "SM2PKE")]:
            private, public = self.own_pair(spec)
            with self.suite.case("GenerateAndExportDataKey", f"{spec} {algorithm} opens elsewhere"):
                made = self.call("GenerateAndExportDataKey", KeyId=key["KeyId"], PublicKeyBlob=public, WrappingKeySpec=spec,
                                 WrappingAlgorithm=algorithm)
                sealed = base64.b64decode(made["ExportedDataKey"])
                plain = self.call("Decrypt", CiphertextBlob=made["CiphertextBlob"])["Plaintext"]
                equal(b64(self.openssl.decrypt(private, algorithm, sealed)), plain)
                if spec == "RSA_2048":
                    with open(private, "rb") as text:
                        other = serialization.load_pem_private_key(text.read(), None)
                    equal(b64(other.decrypt(sealed, oaep(algorithm))), plain)

    def imports(self):
        for spec, algorithm in [("RSA_2048", one) for one in (*OAEPS, "RSAES_PKCS1_V1_5")] + [("EC_SM2", "SM2PKE")]:
            with self.suite.case("ImportKeyMaterial", f"{algorithm}, wrapped by openssl"):
                key = self.call("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
                given = self.call("GetParametersForImport", KeyId=key, WrappingKeySpec=spec, WrappingAlgorithm=algorithm)
                public = self.openssl.run("pkey", "-pubin", "-inform", "DER", text=base64.b64decode(given["PublicKey"])).decode()
                material = os.urandom(32)
                if algorithm == "RSAES_PKCS1_V1_5":
                    sealed = self.openssl.run("pkeyutl", "-encrypt", "-pubin", "-inkey",
                                              self.openssl.file("public", public.encode()), text=material)
                else:
                    sealed = self.openssl.encrypt(public, algorithm, material)
                self.call("ImportKeyMaterial", KeyId=key, ImportToken=given["ImportToken"], EncryptedKeyMaterial=b64(sealed),
                          KeyMaterialExpireUnix=0)
                blob = self.call("Encrypt", KeyId=key, Plaintext="text")["CiphertextBlob"]
                equal(self.call("Decrypt", CiphertextBlob=blob)["Plaintext"], "text")

    def macs(self):
        """With keys that both sides have, since they were imported."""
        for spec, name in MACS.items():
            with self.suite.case("GenerateMac", f"{spec} is what others compute"):
                key = self.call("CreateKey", KeySpec=spec, KeyUsage="GENERATE/VERIFY_MAC", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
                given = self.call("GetParametersForImport", KeyId=key, WrappingKeySpec="RSA_2048",
                                  WrappingAlgorithm="RSAES_OAEP_SHA_256")
                public = serialization.load_der_public_key(base64.b64decode(given["PublicKey"]))
                material = os.urandom(32 if name == "sm3" else hashlib.new(name).digest_size)
                self.call("ImportKeyMaterial", KeyId=key, ImportToken=given["ImportToken"], KeyMaterialExpireUnix=0,
                          EncryptedKeyMaterial=b64(public.encrypt(material, oaep("RSAES_OAEP_SHA_256"))))
                mine = {"KeyId": key, "Algorithm": spec, "Message": b64(MESSAGE)}
                mac = base64.b64decode(self.call("GenerateMac", **mine)["Mac"])
                equal(mac, hmac.new(material, MESSAGE, name).digest())
                said = self.openssl.run("mac", "-digest", name, "-macopt", "hexkey:" + material.hex(), "-binary", "HMAC", text=MESSAGE)
                equal(said, mac)
                equal(self.call("VerifyMac", Mac=b64(said), **mine)["Value"], True)

    def key_pairs(self):
        """Both halves of a data key pair of the Instance API load and fit elsewhere."""
        apps = Applications()
        wire = InstanceWire(apps.endpoint, apps.ca, apps.client_key("interop"))
        key = apps.key()
        for spec in ("RSA_2048", "RSA_3072", "RSA_4096", "EC_P256", "EC_P256K"):
            with self.suite.case("GenerateDataKeyPair", f"{spec} loads elsewhere"):
                made = wire.call("GenerateDataKeyPair", {1: key, 2: "AES_GCM", 3: spec, 4: "PEM"})
                equal((made.status, made.code), (200, ""))
                private, public = made.fields[4], made.fields[6]
                told = self.openssl.run("pkey", "-in", self.openssl.file("pair", private), "-pubout")
                equal(self.openssl.run("pkey", "-pubin", text=public), told)
                if spec.startswith("RSA"):
                    equal(isinstance(serialization.load_pem_private_key(private, None), rsa.RSAPrivateKey), True)


if __name__ == "__main__":
    interop = Interop()
    interop.signatures()
    interop.ciphertexts()
    interop.exports()
    interop.imports()
    interop.macs()
    interop.key_pairs()
    interop.suite.finish()
