"""The model's keys: states, aliases, versions, what they sealed and signed, and the tags of keys and secrets."""

import base64
import json
import re

from strongroom_e2e.model import (DAY, INVALID, LIMIT, MISSING, NO_RESOURCE, NOT_FOUND, TAGS_MAX, After, Any, Different, Outcome, Rows,
                                  Secrets, Time, filters_of, listing, matches, page_of, tags_of)

NO_KEY, NO_ALIAS, NO_VERSION = (404, "Forbidden.KeyNotFound"), (404, "Forbidden.AliasNotFound"), (404, "Forbidden.KeyVersionNotFound")
UNSUPPORTED_ALIAS, ALIAS_EXISTS = (400, "Unsupported.Alias"), (400, "AliasAlreadyExists")
UNSUPPORTED, REJECTED = (400, "UnsupportedOperation"), (400, "Rejected.UnsupportedOperation")
NOT_MODIFIED = (409, "Rejected.StateModifiedFailed")
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ALIAS = re.compile(r"alias/[A-Za-z0-9_/-]{1,249}\Z")
ENCRYPT, SIGN, MAC = "ENCRYPT/DECRYPT", "SIGN/VERIFY", "GENERATE/VERIFY_MAC"
SYMMETRIC = ("Aliyun_AES_256", "Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4")
RSA = ("RSA_2048", "RSA_3072", "RSA_4096")
USAGES = {**{spec: (ENCRYPT,) for spec in SYMMETRIC}, **{spec: (SIGN, ENCRYPT) for spec in RSA + ("EC_SM2",)},
          "EC_P256": (SIGN,), "EC_P256K": (SIGN,),
          **{f"HMAC_{name}": (MAC,) for name in ("SHA_224", "SHA_256", "SHA_384", "SHA_512", "SM3")}}
SIGNS = {**{spec: ("RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256") for spec in RSA}, "EC_P256": ("ECDSA_SHA_256",),
         "EC_P256K": ("ECDSA_SHA_256",), "EC_SM2": ("SM2DSA",)}
DRY = ("GetSecretValue", "Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "AsymmetricSign",
       "AsymmetricVerify", "AsymmetricEncrypt", "AsymmetricDecrypt", "GenerateMac", "VerifyMac", "GetPublicKey")
OPENS = {**{spec: ("RSAES_OAEP_SHA_256", "RSAES_OAEP_SHA_1") for spec in RSA}, "EC_SM2": ("SM2PKE",)}
PAIR_MAX = {"RSAES_OAEP_SHA_256": 190, "RSAES_OAEP_SHA_1": 214, "SM2PKE": 6047}   # of RSA_2048
PLAIN_MAX, CONTEXT_MAX, DATA_KEY_MAX = 6144, 8192, 1024


class Key:
    def __init__(self, key_id, p, service=False):
        self.id, self.service = key_id, service
        self.spec = p.get("KeySpec") or SYMMETRIC[0]
        self.usage = p.get("KeyUsage") or USAGES[self.spec][0]
        self.origin = p.get("Origin") or "Aliyun_KMS"
        self.state = "PendingImport" if self.origin == "EXTERNAL" else "Enabled"
        self.description, self.tags = p.get("Description", ""), {}
        self.created = Time()
        self.versions = []             # [id, time], oldest first; ids that were not told yet are None
        self.made = None               # when the last version after the first was: no other for seven days
        self.delete_at, self.protected, self.why = None, False, ""
        self.every = 0                 # seconds between automatic rotations; 0: none

    def refusals(self, pending_import=True):
        """Why this state lets nobody use the key."""
        if self.state == "Enabled" or (self.state == "PendingImport" and not pending_import):
            return []
        return [NO_KEY] if self.state == "Gone" else [(409, "Rejected." + self.state)]

    def rotation_due(self):
        return self.every and self.state == "Enabled" and self.versions[-1][1].low + self.every <= Time.now()


def context_of(p, name="EncryptionContext"):
    """(context as a value that can be compared, faults)"""
    text = p.get(name, "")
    if not text:
        return "{}", []
    try:
        context = json.loads(text)
    except ValueError:
        return "", [INVALID]
    good = isinstance(context, dict) and all(isinstance(v, str) for v in context.values()) and len(text) <= CONTEXT_MAX
    return json.dumps(context, sort_keys=True), [] if good else [INVALID]


def bytes_of(text):
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


class Keys:
    """Keys, aliases and what was made with them."""

    def __init__(self, region, account):
        self.account, self.rows, self.aliases = account, {}, {}
        self.prefix = f"acs:kms:{region}:{account}:"
        self.default = None
        self.known = {}                # rows, and the keys that are gone
        self.blobs = {}                # ciphertext: (key id, version id, plaintext, context)
        self.publics = {}              # version id: its public key
        self.signed = {}               # signature or MAC: (key id, version id, algorithm, what was signed)

    # How a key is named.

    def named(self, given, aliases=True, state=None):
        """(key or None, faults). `state`: a function of the key to its refusals."""
        if not given:
            return None, [MISSING]
        name = given
        if name.startswith("acs:"):
            if not name.startswith(self.prefix):
                return None, [INVALID, NO_KEY]
            name = name[len(self.prefix):]
            if name.startswith("key/"):
                key = self.rows.get(name[4:])
                return key, (state(key) if state else []) if key else [NO_KEY]
        if name.startswith("alias/"):
            if not aliases:
                return None, [UNSUPPORTED_ALIAS]
            if name not in self.aliases:
                return None, [NO_ALIAS] if ALIAS.match(name) else [NO_ALIAS, INVALID]
            name = self.aliases[name]
        key = self.rows.get(name)
        return key, (state(key) if state else []) if key else [NO_KEY]

    def sealing(self, given):
        """(key or None for the default key, faults) of CreateSecret's EncryptionKeyId, which no alias can be."""
        if not given:
            return self.default, self.using(self.default) if self.default else []
        key, faults = self.named(given)
        if not key or "alias/" in given:
            return None, faults + [NOT_FOUND, INVALID, UNSUPPORTED_ALIAS]
        return key, self.using(key) + ([UNSUPPORTED, INVALID] if key.spec not in SYMMETRIC else [])

    def using(self, key):
        return key.refusals()

    def make_default(self):
        self.default = Key(None, {}, service=True)
        return self.default

    def found_default(self, key_id):
        """ListKeys shows the key that secrets without one are sealed under."""
        self.default.id = key_id
        self.default.versions = [[None, self.default.created]]
        self.rows[key_id] = self.known[key_id] = self.default

    def elapse(self):
        """Keys that waited for their deletion are gone, with their aliases."""
        for key in list(self.rows.values()):
            if key.delete_at and key.delete_at.low <= Time.now():
                key.state = "Gone"
                del self.rows[key.id]
                self.aliases = {name: at for name, at in self.aliases.items() if at != key.id}

    # Life.

    def metadata(self, key, described):
        latest = key.versions[-1] if key.versions else [None, key.created]
        body = {"KeyId": key.id or Any(UUID), "Arn": Any(re.escape(self.prefix) + "key/" + (key.id or UUID)),
                "Creator": self.account, "CreationDate": key.created, "Description": Any("(?s).*") if key.service else key.description,
                "KeySpec": key.spec, "KeyUsage": key.usage, "KeyState": key.state, "Origin": key.origin,
                "ProtectionLevel": "SOFTWARE", "DeleteDate": key.delete_at or "", "MaterialExpireTime": "",
                "LastRotationDate": latest[1], "AutomaticRotation": "Disabled"}
        if key.every:
            body.update(AutomaticRotation="Enabled" if key.state == "Enabled" else "Suspended", RotationInterval=f"{key.every}s",
                        NextRotationDate=After(latest[1], key.every))
        if key.spec in SYMMETRIC:
            body["PrimaryKeyVersion"] = latest[0] or Any(UUID)
        if described:
            body["DeletionProtection"] = "Enabled" if key.protected else "Disabled"
            if key.protected and key.why:
                body["DeletionProtectionDescription"] = key.why
        return body

    def CreateKey(self, p):
        spec = p.get("KeySpec") or SYMMETRIC[0]
        faults = [] if spec in USAGES and (p.get("KeyUsage") or USAGES[spec][0]) in USAGES[spec] else [INVALID, UNSUPPORTED]
        tags, wrong = tags_of(p["Tags"]) if "Tags" in p else ({}, [])
        faults += wrong + ([LIMIT, INVALID] if len(tags) > TAGS_MAX else [])
        external = p.get("Origin") == "EXTERNAL"
        if len(p.get("Description", "")) > 8192 or p.get("Origin", "Aliyun_KMS") not in ("Aliyun_KMS", "EXTERNAL"):
            faults.append(INVALID)
        if faults:
            return Outcome(faults)
        key = Key(None, p)
        key.tags = tags

        def then(body):
            key.id = body["KeyMetadata"]["KeyId"]
            key.versions = [[body["KeyMetadata"].get("PrimaryKeyVersion"), key.created]]
            self.rows[key.id] = self.known[key.id] = key
        perhaps = [INVALID, UNSUPPORTED] if external and spec not in SYMMETRIC else []
        return Outcome(body={"KeyMetadata": self.metadata(key, False)}, then=then, perhaps=perhaps)

    def DescribeKey(self, p):
        key, faults = self.named(p.get("KeyId"))
        return Outcome(faults, key and {"KeyMetadata": self.metadata(key, True)})

    def change(self, p, state, then):
        key, faults = self.named(p.get("KeyId"), aliases=False, state=state)
        return Outcome(faults, {}, lambda _: then(key))

    def EnableKey(self, p):
        return self.switch(p, "Enabled")

    def DisableKey(self, p):
        return self.switch(p, "Disabled")

    def switch(self, p, to):
        def then(key):
            key.state = to
        return self.change(p, lambda key: [] if key.state in ("Enabled", "Disabled") else [NOT_MODIFIED], then)

    def ScheduleKeyDeletion(self, p):
        days = p.get("PendingWindowInDays", "")
        key, faults = self.named(p.get("KeyId"), aliases=False)
        if not days or not re.fullmatch(r"\d+", days) or not 7 <= int(days) <= 366:
            return Outcome(faults + [INVALID, MISSING])
        if key and (key.protected or key.state == "PendingDeletion"):
            faults.append(NOT_MODIFIED)
        if key and key.service:
            faults.append(REJECTED)
        until = Time(int(days) * DAY)

        def then(_):
            key.before, key.state, key.delete_at = key.state, "PendingDeletion", until
        return Outcome(faults, Warned(), then)

    def CancelKeyDeletion(self, p):
        def then(key):
            key.delete_at = None
            key.state = "PendingImport" if key.origin == "EXTERNAL" else "Enabled"
        return self.change(p, lambda key: [] if key.state == "PendingDeletion" else [NOT_MODIFIED], then)

    def UpdateKeyDescription(self, p):
        if "Description" not in p:
            return Outcome(self.named(p.get("KeyId"), aliases=False)[1] + [MISSING])

        def then(key):
            key.description = p["Description"]
        pending = lambda key: [(409, "Rejected.PendingDeletion")] if key.state == "PendingDeletion" else []  # noqa: E731
        answer = self.change(p, pending, then)
        if len(p["Description"]) > 8192:
            answer.faults.append(INVALID)
        if not p["Description"]:
            answer.perhaps.append(MISSING)
        return answer

    def SetDeletionProtection(self, p):
        given = p.get("KeyId") or p.get("ProtectedResourceArn")
        key, faults = self.named(given, aliases=False)
        if given and not key:
            faults.append(INVALID)
        if p.get("EnableDeletionProtection") not in ("true", "false"):
            faults += [INVALID, MISSING]
        if key and key.state == "PendingDeletion":
            faults += [NOT_MODIFIED, (409, "Rejected.PendingDeletion")]

        def then(_):
            key.protected = p["EnableDeletionProtection"] == "true"
            key.why = p.get("DeletionProtectionDescription", "") if key.protected else ""
        return Outcome(faults, {}, then)

    def ListKeys(self, p):
        filters, faults = filters_of(p, ("KeyState", "KeySpec", "KeyUsage", "CreatorType", "keyId", "ProtectionLevel", "TagKey", "TagValue"))
        if faults:
            return Outcome(faults)
        rows = [{"KeyId": k.id, "KeyArn": f"{self.prefix}key/{k.id}"} for k in self.rows.values() if matches(filters, {
            "KeyState": k.state, "KeySpec": k.spec, "KeyUsage": k.usage, "CreatorType": "Service" if k.service else "User",
            "keyId": k.id, "ProtectionLevel": "SOFTWARE"}, k.tags)]
        return listing(p, 10, "Keys", "Key", rows, lambda row: row["KeyId"])

    def version_row(self, key, version):
        return {"KeyId": key.id, "KeyVersionId": version[0] or Any(UUID), "CreationDate": version[1]}

    def ListKeyVersions(self, p):
        key, faults = self.named(p.get("KeyId"))
        if not key:
            return Outcome(faults + page_of(p, 10)[2])
        if len(key.versions) == 1 and not key.versions[0][0]:
            def then(body):
                key.versions[0][0] = body["KeyVersions"]["KeyVersion"][0]["KeyVersionId"]
            return Outcome(faults, {"KeyVersions": {"KeyVersion": [self.version_row(key, key.versions[0])]}, "PageNumber": 1,
                                    "PageSize": 10, "TotalCount": 1}, then)
        rows = [self.version_row(key, version) for version in key.versions]
        return listing(p, 10, "KeyVersions", "KeyVersion", rows, lambda row: row["KeyVersionId"])

    def DescribeKeyVersion(self, p):
        key, faults = self.named(p.get("KeyId"))
        if not p.get("KeyVersionId"):
            return Outcome(faults + [MISSING])
        version = key and next((v for v in key.versions if v[0] == p["KeyVersionId"]), None)
        if key and not version:
            faults.append(NO_VERSION)
        return Outcome(faults, version and {"KeyVersion": self.version_row(key, version)})

    def GetPublicKey(self, p):
        key, faults = self.named(p.get("KeyId"), state=lambda key: key.refusals())
        if not p.get("KeyVersionId"):
            return Outcome(faults + [MISSING])
        if key and p["KeyVersionId"] not in [version[0] for version in key.versions]:
            faults.append(NO_VERSION)
        if key and (key.spec in SYMMETRIC or key.usage == MAC):
            faults += [REJECTED, UNSUPPORTED]
        known = self.publics.get(p["KeyVersionId"], Any("-----BEGIN PUBLIC KEY-----\n(?s:.+)\n-----END PUBLIC KEY-----\n?"))

        def then(body):
            self.publics[p["KeyVersionId"]] = body["PublicKey"]
        return Outcome(faults, key and {"KeyId": key.id, "KeyVersionId": p["KeyVersionId"], "PublicKey": known}, then)

    def CreateKeyVersion(self, p):
        key, faults = self.named(p.get("KeyId"), state=lambda key: key.refusals())
        if not key:
            return Outcome(faults)
        if key.origin == "EXTERNAL" or key.usage == MAC:
            faults.append(REJECTED)
        if key.made and Time.began < key.made.low + 7 * DAY:
            faults.append(LIMIT)
        version = [None, Time()]

        def then(body):
            version[0] = body["KeyVersion"]["KeyVersionId"]
            key.versions.append(version)
            key.made = version[1]
        return Outcome(faults, {"KeyVersion": self.version_row(key, version)}, then)

    def UpdateRotationPolicy(self, p):
        key, faults = self.named(p.get("KeyId"), aliases=False, state=lambda key: key.refusals())
        if key and (key.spec not in SYMMETRIC or key.origin == "EXTERNAL"):
            faults.append(REJECTED)
        on, seconds = p.get("EnableAutomaticRotation"), 0
        if on not in ("true", "false"):
            faults += [INVALID, MISSING]
        if on == "true":
            found = re.fullmatch(r"(\d+)([dhms])", p.get("RotationInterval", ""))
            seconds = int(found[1]) * {"d": DAY, "h": 3600, "m": 60, "s": 1}[found[2]] if found else 0
            if not 7 * DAY <= seconds <= 730 * DAY:
                faults += [INVALID, MISSING]

        def then(_):
            key.every = seconds
        perhaps = [REJECTED, INVALID] if key and key.service else []
        return Outcome(faults, {}, then, perhaps)

    # Aliases.

    def CreateAlias(self, p):
        name = p.get("AliasName", "")
        key, faults = self.named(p.get("KeyId"), aliases=False)
        if key and key.state == "PendingDeletion":
            faults += [NOT_MODIFIED, (409, "Rejected.PendingDeletion")]
        faults += self.bad_alias(name)
        if name in self.aliases:
            faults.append(ALIAS_EXISTS)

        def then(_):
            self.aliases[name] = key.id
        return Outcome(faults, {}, then)

    def bad_alias(self, name):
        return [MISSING] if not name else [] if ALIAS.match(name) and not name.startswith("alias/acs") else [INVALID]

    def UpdateAlias(self, p):
        name = p.get("AliasName", "")
        key, faults = self.named(p.get("KeyId"), aliases=False)
        if key and key.state == "PendingDeletion":
            faults.append((409, "Rejected.PendingDeletion"))
        if name not in self.aliases:
            faults += [NO_ALIAS] + self.bad_alias(name)

        def then(_):
            self.aliases[name] = key.id
        return Outcome(faults, {}, then)

    def DeleteAlias(self, p):
        name = p.get("AliasName", "")
        faults = [] if name in self.aliases else [NO_ALIAS] + self.bad_alias(name)
        return Outcome(faults, {}, lambda _: self.aliases.pop(name))

    def alias_rows(self, key_id=None):
        return [{"AliasName": name, "AliasArn": self.prefix + name, "KeyId": at} for name, at in self.aliases.items()
                if key_id in (None, at)]

    def ListAliases(self, p):
        return listing(p, 10, "Aliases", "Alias", self.alias_rows(), lambda row: row["AliasName"])

    def ListAliasesByKeyId(self, p):
        key, faults = self.named(p.get("KeyId"), aliases=False)
        if not key:
            return Outcome(faults + page_of(p, 10)[2])
        return listing(p, 10, "Aliases", "Alias", self.alias_rows(key.id), lambda row: row["AliasName"])

    # Use.

    def symmetric(self, given):
        key, faults = self.named(given, state=lambda key: key.refusals())
        if key and key.spec not in SYMMETRIC:
            faults.append(UNSUPPORTED)
        return key, faults

    def used(self, key, **more):
        return {"KeyId": key.id, "KeyVersionId": key.versions[-1][0] or Any(UUID), **more}

    def Encrypt(self, p):
        key, faults = self.symmetric(p.get("KeyId"))
        context, wrong = context_of(p)
        text = p.get("Plaintext", "")
        faults += wrong + ([MISSING] if not text else [INVALID] if len(text.encode()) > PLAIN_MAX else [])
        if faults:
            return Outcome(faults)

        def then(body):
            self.blobs[body["CiphertextBlob"]] = (key.id, body["KeyVersionId"], text, context)
        return Outcome(body=self.used(key, CiphertextBlob=Any(r"[A-Za-z0-9+/]+=*")), then=then)

    def GenerateDataKey(self, p, plain=True):
        key, faults = self.symmetric(p.get("KeyId"))
        context, wrong = context_of(p)
        size = p.get("NumberOfBytes") or {"AES_128": "16"}.get(p.get("KeySpec"), "32")
        if p.get("KeySpec") not in (None, "", "AES_128", "AES_256") or not re.fullmatch(r"\d+", size) or int(size) > DATA_KEY_MAX:
            faults.append(INVALID)
        perhaps = [INVALID] if size == "0" else []
        if faults + wrong:
            return Outcome(faults + wrong, perhaps=perhaps)

        def then(body):
            if plain and len(bytes_of(body["Plaintext"])) != int(size) and size != "0":
                raise Different(f"a data key of other than {size} bytes")
            self.blobs[body["CiphertextBlob"]] = (key.id, body["KeyVersionId"], body.get("Plaintext"), context)
        more = {"Plaintext": Any(r"[A-Za-z0-9+/]*=*")} if plain else {}
        return Outcome(body=self.used(key, CiphertextBlob=Any(r"[A-Za-z0-9+/]+=*"), **more), then=then, perhaps=perhaps)

    def GenerateDataKeyWithoutPlaintext(self, p):
        return self.GenerateDataKey(p, plain=False)

    def opened(self, p, name="EncryptionContext"):
        """(what the ciphertext of `p` is, faults)"""
        context, faults = context_of(p, name)
        if not p.get("CiphertextBlob"):
            return None, faults + [MISSING]
        blob = self.blobs.get(p["CiphertextBlob"])
        if not blob or self.known[blob[0]].spec not in SYMMETRIC:
            return None, faults + [INVALID, NO_KEY]
        faults += self.known[blob[0]].refusals()
        if context != blob[3]:
            faults.append(INVALID)
        return blob, faults

    def Decrypt(self, p):
        blob, faults = self.opened(p)
        if faults:
            return Outcome(faults)
        key_id, version, text, context = blob

        def then(body):
            self.blobs[p["CiphertextBlob"]] = (key_id, version, body["Plaintext"], context)
        return Outcome(body={"KeyId": key_id, "KeyVersionId": version, "Plaintext": text or Any()}, then=then)

    def ReEncrypt(self, p):
        blob, faults = self.opened(p, "SourceEncryptionContext")
        context, wrong = context_of(p, "DestinationEncryptionContext")
        key, more = self.symmetric(p.get("DestinationKeyId"))
        if faults + wrong + more:
            return Outcome(faults + wrong + more)

        def then(body):
            self.blobs[body["CiphertextBlob"]] = (key.id, body["KeyVersionId"], blob[2], context)
        return Outcome(body=self.used(key, CiphertextBlob=Any(r"[A-Za-z0-9+/]+=*")), then=then)

    def pair(self, p, usage, algorithms):
        """(key, faults) of a use of a key pair's version."""
        key, faults = self.named(p.get("KeyId"), state=lambda key: key.refusals())
        faults += [MISSING for name in ("KeyId", "KeyVersionId", "Algorithm") if not p.get(name)]
        if key and (key.spec in SYMMETRIC or key.usage != usage):
            faults += [REJECTED, UNSUPPORTED]
        if p.get("Algorithm") not in (algorithms.get(key.spec, ()) if key else sum(algorithms.values(), ())):
            faults += [INVALID, REJECTED, UNSUPPORTED]
        if key and p.get("KeyVersionId") not in [version[0] for version in key.versions]:
            faults.append(NO_VERSION)
        return key, faults

    def digest(self, p):
        if not p.get("Digest"):
            return [MISSING]
        digest = bytes_of(p["Digest"])
        return [] if digest is not None and len(digest) == 32 else [INVALID]

    def AsymmetricSign(self, p):
        key, faults = self.pair(p, SIGN, SIGNS)
        faults += self.digest(p)
        if faults:
            return Outcome(faults)

        def then(body):
            self.signed[body["Value"]] = (key.id, p["KeyVersionId"], p["Algorithm"], p["Digest"])
        return Outcome(body={"KeyId": key.id, "KeyVersionId": p["KeyVersionId"], "Value": Any(r"[A-Za-z0-9+/]+=*")}, then=then)

    def AsymmetricVerify(self, p):
        key, faults = self.pair(p, SIGN, SIGNS)
        faults += self.digest(p)
        if not p.get("Value"):
            faults.append(MISSING)
        elif bytes_of(p["Value"]) is None:
            faults.append(INVALID)
        if faults:
            return Outcome(faults)
        good = self.signed.get(p["Value"]) == (key.id, p["KeyVersionId"], p["Algorithm"], p["Digest"])
        return Outcome(body={"KeyId": key.id, "KeyVersionId": p["KeyVersionId"], "Value": good})

    def AsymmetricEncrypt(self, p):
        key, faults = self.pair(p, ENCRYPT, OPENS)
        plain = bytes_of(p.get("Plaintext", ""))
        faults += [MISSING] if not p.get("Plaintext") else [INVALID] if plain is None or len(plain) > PAIR_MAX.get(p.get("Algorithm"), 0) else []
        if faults:
            return Outcome(faults)

        def then(body):
            self.blobs[body["CiphertextBlob"]] = (key.id, p["KeyVersionId"], p["Plaintext"], p["Algorithm"])
        return Outcome(body=self.used_version(key, p, CiphertextBlob=Any(r"[A-Za-z0-9+/]+=*")), then=then)

    def used_version(self, key, p, **more):
        return {"KeyId": key.id, "KeyVersionId": p["KeyVersionId"], **more}

    def AsymmetricDecrypt(self, p):
        key, faults = self.pair(p, ENCRYPT, OPENS)
        faults += [MISSING] if not p.get("CiphertextBlob") else []
        made = self.blobs.get(p.get("CiphertextBlob"))
        if not made or key and (made[0], made[1], made[3]) != (key.id, p.get("KeyVersionId"), p.get("Algorithm")):
            faults.append(INVALID)
        return Outcome(faults, None if faults else self.used_version(key, p, Plaintext=made[2]))

    def mac(self, p):
        key, faults = self.named(p.get("KeyId"), state=lambda key: key.refusals())
        faults += [MISSING for name in ("Message", "Algorithm") if not p.get(name)]
        if key and key.usage != MAC:
            faults += [REJECTED, UNSUPPORTED]
        if key and p.get("Algorithm") != key.spec:
            faults += [INVALID, REJECTED, UNSUPPORTED]
        if p.get("Message") and bytes_of(p["Message"]) is None:
            faults.append(INVALID)
        return key, faults

    def GenerateMac(self, p):
        key, faults = self.mac(p)
        if faults:
            return Outcome(faults)

        def then(body):
            self.signed[body["Mac"]] = (key.id, p["Message"])
        return Outcome(body={"KeyId": key.id, "Algorithm": p["Algorithm"], "Mac": Any(r"[A-Za-z0-9+/]+=*")}, then=then)

    def VerifyMac(self, p):
        key, faults = self.mac(p)
        if not p.get("Mac"):
            faults.append(MISSING)
        elif bytes_of(p["Mac"]) is None:
            faults.append(INVALID)
        if faults:
            return Outcome(faults)
        return Outcome(body={"KeyId": key.id, "Algorithm": p["Algorithm"],
                             "Value": self.signed.get(p["Mac"]) == (key.id, p["Message"])}, perhaps=[INVALID])


class Warned:
    """ScheduleKeyDeletion answers nothing, or a Warning that names the secrets that depend on the key."""

    def check(self, value):
        if set(value) - {"Warning"}:
            raise Different(f"fields {sorted(value)}")


class Model:
    """All of it: an action's method, by its name, takes the parameters and answers an Outcome."""

    def __init__(self, region, account):
        self.region = region
        self.keys = Keys(region, account)
        self.secrets = Secrets(region, account, self.keys)

    def expect(self, action, p):
        if p.get("DryRun") != "true" or action.startswith(("Describe", "List")):
            return self.outcome(action, p)
        if action not in DRY:
            return Outcome(self.outcome(action, p).faults + [INVALID])
        # The tried call's own code is told, but nothing has happened.
        faults = self.outcome(action, p).faults
        return Outcome(faults + [(400, "ValidationError")] if faults else [(400, "DryRunOperationError")])

    def outcome(self, action, p):
        for part in (self, self.keys, self.secrets):
            if hasattr(part, action):
                return getattr(part, action)(p)
        raise ValueError(f"the model has no {action}")

    # Tags, of keys and of secrets.

    def tagged(self, p):
        """(what has the tags, faults) of TagResource and UntagResource."""
        if bool(p.get("KeyId")) == bool(p.get("SecretName")):
            return None, [MISSING, INVALID]
        if p.get("SecretName"):
            return self.secrets.named(p)
        pending = lambda key: [(409, "Rejected.PendingDeletion")] if key.state == "PendingDeletion" else []  # noqa: E731
        return self.keys.named(p["KeyId"], aliases=False, state=pending)

    def retag(self, rows, add, drop, faults, perhaps=()):
        """`drop`: keys, or None for all of them."""
        after = []
        for row in rows:
            tags = {} if drop is None else {k: v for k, v in row.tags.items() if k not in drop}
            tags.update(add)
            after.append(tags)
        if any(len(tags) > TAGS_MAX for tags in after + [add]):
            faults = faults + [LIMIT, INVALID]

        def then(_):
            for row, tags in zip(rows, after):
                row.tags = tags
                if hasattr(row, "updated"):
                    row.touch(certainly=False)
        return Outcome(faults, {}, then, perhaps)

    def TagResource(self, p):
        row, faults = self.tagged(p)
        tags, wrong = tags_of(p["Tags"]) if p.get("Tags") else ({}, [MISSING])
        return self.retag([row] if row else [], tags, [], faults + wrong)

    def UntagResource(self, p):
        row, faults = self.tagged(p)
        try:
            keys = json.loads(p.get("TagKeys") or "[]")
        except ValueError:
            return Outcome(faults + [INVALID])
        return self.retag([row] if row else [], {}, keys, faults + ([MISSING] if not p.get("TagKeys") else []))

    def ListResourceTags(self, p):
        key, faults = self.keys.named(p.get("KeyId"), aliases=False)
        return Outcome(faults, key and {"Tags": {"Tag": Rows([{"KeyId": key.id, "TagKey": k, "TagValue": v}
                                                              for k, v in key.tags.items()])}})

    def numbered(self, p, name):
        found = []
        while f"{name}.{len(found) + 1}" in p:
            found.append(p[f"{name}.{len(found) + 1}"])
        return found

    def resources(self, p, change):
        kind = p.get("ResourceType")
        faults = [MISSING] if not kind else [] if kind in ("key", "secret") else [INVALID]
        rows, table = [], self.secrets.rows if kind == "secret" else self.keys.rows
        ids = self.numbered(p, "ResourceId")
        for given in ids:
            row = table.get(given)
            if not row:
                faults.append(NO_RESOURCE)
            elif change and kind == "secret" and row.deleted:
                faults.append((409, "Rejected.ResourceInDeleteWindow"))
            elif change and kind == "key" and row.state == "PendingDeletion":
                faults.append((409, "Rejected.PendingDeletion"))
            if row and row not in rows:
                rows.append(row)
        return rows, faults + ([MISSING] if change and not ids else [])

    def TagResources(self, p):
        rows, faults = self.resources(p, True)
        tags, n = {}, 1
        while f"Tag.{n}.Key" in p:
            if p[f"Tag.{n}.Key"] in tags:
                faults.append((400, "Duplicate.TagKey"))
            tags[p[f"Tag.{n}.Key"]] = p.get(f"Tag.{n}.Value", "")
            n += 1
        _, wrong = tags_of(json.dumps([{"TagKey": k, "TagValue": v} for k, v in tags.items()]))
        return self.retag(rows, tags, [], faults + wrong + ([MISSING] if not tags else []))

    def UntagResources(self, p):
        rows, faults = self.resources(p, True)
        keys = self.numbered(p, "TagKey")
        if not keys and p.get("All") != "true":
            faults += [MISSING, INVALID]
        return self.retag(rows, {}, keys or None, faults)

    def ListTagResources(self, p):
        rows, faults = self.resources(p, False)
        if not self.numbered(p, "ResourceId"):
            rows = list((self.secrets if p.get("ResourceType") == "secret" else self.keys).rows.values())
        found = [{"ResourceId": getattr(row, "name", None) or row.id, "ResourceType": p.get("ResourceType"), "TagKey": k,
                  "TagValue": v} for row in rows for k, v in row.tags.items()]
        return Outcome(faults, {"TagResources": {"TagResource": Rows(found)}, "NextToken": ""})
