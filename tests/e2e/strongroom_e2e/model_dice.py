"""Random calls for the model, right and wrong ones. References to what earlier calls made are written `@{name}`, so that a
sequence can be repeated on another server, and with calls left out."""

import base64
import json

NAMES = ["a", "a/", "A", "m/b", "m/b+c=d.e@f-g_h", "x" * 192, "acs", "k", "@", "..", "default", "secret/a"]
BAD_NAMES = ["x" * 193, "a b", "acs/x", "中", "a\nb", "", "acs:kms:elsewhere:1:secret/a", "absent"]
VERSIONS = [f"v{n}" for n in range(1, 15)] + ["V1", "v" * 64, "é v"]
LABELS = ["ACSCurrent", "ACSPrevious", "ACSPending", "acscurrent", "a", "b", "c", "d", "e", "f", "x" * 64, "ü"]
VALUES = ["hunter2-hunter2", "x", "{\"a\":\"\\u0000\"}", "<&>\"'\\/\r\n\t", "\U0001f511" * 7680, "x" * 30720, "中" * 10240, " ", "null"]
BIG_VALUES = ["x" * 30721, "中" * 10241]
SPECS = ["Aliyun_AES_256"] * 4 + ["Aliyun_AES_192", "Aliyun_AES_128", "Aliyun_SM4", "EC_P256", "EC_P256", "EC_P256K", "EC_SM2", "RSA_2048",
                                  "HMAC_SHA_256", "HMAC_SM3", "nonsense"]
ALIASES = ["alias/a", "alias/A", "alias/a/b", "alias/" + "z" * 249, "alias/_-"]
BAD_ALIASES = ["alias/" + "z" * 250, "alias/acs/x", "a", "alias/", "alias/a b", "", "alias/absent"]
TAG_KEYS = [f"t{n}" for n in range(24)] + ["T1", "k" * 128, "a/b"]
BAD_TAG_KEYS = ["acs:x", "aliyunx", "k" * 129]
ALGORITHMS = ["ECDSA_SHA_256"] * 3 + ["RSA_PSS_SHA_256", "RSA_PKCS1_SHA_256", "SM2DSA", "HMAC_SHA_256", "none"]
MACS = ["HMAC_SHA_256", "HMAC_SHA_256", "HMAC_SM3", "HMAC_SHA_512"]
CONTEXTS = ["", "", "", "{}", '{"a":"1"}', '{"b":"2","a":"1"}', '{"a":"1","b":"2"}', '{"a":1}', "[]", "x"]
VIAS = [("acs3", "POST", "query"), ("acs3", "POST", "form"), ("acs3", "GET", "query"), ("rpc", "POST", "query"), ("rpc", "POST", "form"),
        ("rpc", "GET", "query")]
KEYS_MAX = 14


class Dice:
    """Chooses calls by what is there: `names` is what the references stand for, `model` what exists."""

    def __init__(self, dice, names, model):
        self.dice, self.names, self.model = dice, names, model
        self.made = 0
        self.kinds = [(weight, getattr(self, name)) for name, weight in (
            ("put", 20), ("move", 14), ("read", 16), ("create_secret", 9), ("delete_secret", 5), ("restore", 4), ("describe", 6),
            ("update_secret", 3), ("tag", 6), ("lists", 8), ("create_key", 4), ("key_state", 12), ("protect", 3), ("alias", 8),
            ("key_version", 5), ("encrypt", 7), ("decrypt", 8), ("sign", 6), ("verify", 6), ("mac", 4), ("batch", 4), ("rotate", 3),
            ("pair", 4))]

    def next(self):
        """One call: {"do": action, "p": parameters, "via": ..., "learn": name or absent}."""
        one = None
        while one is None:
            one = self.dice.choices([kind for _, kind in self.kinds], [weight for weight, _ in self.kinds])[0]()
        action, p, *learn = one
        call = {"do": action, "p": {k: v for k, v in p.items() if v is not None}, "via": self.dice.randrange(len(VIAS))}
        if self.chance(0.01):
            call["p"]["DryRun"] = "true"
        if learn:
            self.made += 1
            call["learn"] = f"{learn[0]}{self.made}"
        return call

    def chance(self, part):
        return self.dice.random() < part

    def maybe(self, part, value):
        return value if self.chance(part) else None

    def name(self, there=0.85):
        """A secret, by name or by ARN."""
        rows = list(self.model.secrets.rows)
        if rows and self.chance(there):
            name = self.dice.choice(rows)
        else:
            name = self.dice.choice(NAMES if self.chance(0.7) else BAD_NAMES)
        return "@{secret}" + name if self.chance(0.25) else name

    def secret(self, given):
        return self.model.secrets.rows.get(given.removeprefix("@{secret}"))

    def learned(self, kind):
        return [name for name in self.names if name[0] == kind and "." not in name
                and (kind != "k" or self.names[name] in self.model.keys.rows)]

    def key(self, aliases=0.2):
        """A key by its id, ARN, alias or alias ARN; sometimes of none."""
        keys, roll = self.learned("k"), self.dice.random()
        if not keys or roll < 0.04:
            return self.dice.choice(["00000000-0000-4000-8000-000000000000", "x", "", "alias/absent", "@{arn}key/x", "acs:kms:x:1:key/x"])
        if roll < 0.04 + aliases:
            return self.dice.choice(["", "@{arn}"]) + self.dice.choice(list(self.model.keys.aliases) or ALIASES)
        name = self.dice.choice(keys)
        gone = [n for n in self.names if n[0] == "k" and "." not in n and n not in keys]
        if gone and self.chance(0.05):
            name = self.dice.choice(gone)
        return ("@{arn}key/" if self.chance(0.2) else "") + "@{%s}" % name

    def symmetric(self):
        """Most often a key that encrypts."""
        fit = [n for n in self.learned("k") if self.model.keys.rows[self.names[n]].spec.startswith("Aliyun")]
        return "@{%s}" % self.dice.choice(fit) if fit and self.chance(0.8) else self.key()

    def key_and_version(self):
        """A key and, most often, one of its versions."""
        versions = [name for name in self.names if "." in name]
        if not versions or self.chance(0.1):
            return self.key(), self.dice.choice(["", "00000000-0000-4000-8000-000000000000"])
        version = self.dice.choice(versions)
        return "@{%s}" % version.split(".")[0] if self.chance(0.9) else self.key(), "@{%s}" % version

    def version(self, secret, there=0.7):
        if secret and self.chance(there):
            return self.dice.choice(secret.ids())
        return self.dice.choice(VERSIONS) if self.chance(0.95) else self.dice.choice(["v" * 65, ""])

    def value(self):
        return self.dice.choice(VALUES) if self.chance(0.98) else self.dice.choice(BIG_VALUES + [""])

    # Secrets.

    def create_secret(self):
        name = self.name(0.2)
        key = self.symmetric() if self.chance(0.7) else None
        return "CreateSecret", {
            "SecretName": name if self.chance(0.1) else name.removeprefix("@{secret}"), "VersionId": self.version(None),
            "SecretData": self.value(), "SecretDataType": self.maybe(0.3, self.dice.choice(["text", "binary", "binary", "json"])),
            "EncryptionKeyId": key, "Description": self.maybe(0.5, self.dice.choice(["", "d", "é<>&"])),
            "Tags": self.maybe(0.4, self.tags())}

    def put(self):
        name = self.name()
        secret = self.secret(name)
        version = self.version(secret, 0.15)
        value, kind = self.value(), self.maybe(0.3, self.dice.choice(["text", "binary"]))
        there = secret and secret.find(version)
        if there and self.chance(0.6):
            value, kind = there[1:3]
        return "PutSecretValue", {"SecretName": name, "VersionId": version, "SecretData": value, "SecretDataType": kind,
                                  "VersionStages": self.maybe(0.6, self.stages())}

    def stages(self):
        labels = self.dice.sample(LABELS, self.dice.choice([1, 1, 1, 2, 3]))
        if self.chance(0.05):
            return self.dice.choice(["[]", "x", '[""]', '["a","a"]', '["%s"]' % ("x" * 65), "[1]", '["ACSCurrent","ACSPrevious"]'])
        return json.dumps(labels if self.chance(0.7) else {"VersionStage": labels})

    def move(self):
        name = self.name()
        secret = self.secret(name)
        label = self.dice.choice(LABELS + ["ACSCurrent", "ACSPrevious"]) if self.chance(0.97) else self.dice.choice(["", "x" * 65])
        source = None
        if self.chance(0.5):
            source = secret.labels.get(label) if secret and self.chance(0.7) else self.version(secret)
        return "UpdateSecretVersionStage", {"SecretName": name, "VersionStage": label, "MoveToVersion": self.maybe(
            0.7, self.version(secret, 0.9)), "RemoveFromVersion": source}

    def read(self):
        name = self.name()
        secret = self.secret(name)
        return "GetSecretValue", {"SecretName": name, "VersionId": self.maybe(0.5, self.version(secret, 0.85)),
                                  "VersionStage": self.maybe(0.4, self.dice.choice(LABELS))}

    def batch(self):
        rows = []
        for _ in range(self.dice.choice([1, 2, 3, 8, 21])):
            row = {k: v for k, v in self.read()[1].items() if v is not None}
            if row["SecretName"] not in [other["SecretName"] for other in rows]:
                rows.append(row)
        return "BatchGetSecretValue", {"SecretsList": json.dumps([row for row in rows if row["SecretName"]] or [{"SecretName": "a"}])}

    def describe(self):
        return "DescribeSecret", {"SecretName": self.name(), "FetchTags": self.maybe(0.5, self.dice.choice(["true", "false"]))}

    def update_secret(self):
        return "UpdateSecret", {"SecretName": self.name(), "Description": self.maybe(0.9, self.dice.choice(["", "new", "é" * 300]))}

    def delete_secret(self):
        return "DeleteSecret", {"SecretName": self.name(), "ForceDeleteWithoutRecovery": self.maybe(
            0.6, self.dice.choice(["true", "true", "false", "yes"])), "RecoveryWindowInDays": self.maybe(
                0.5, self.dice.choice(["7", "30", "8", "6", "31", "x", "-7"]))}

    def restore(self):
        gone = [s.name for s in self.model.secrets.rows.values() if s.deleted]
        return "RestoreSecret", {"SecretName": self.dice.choice(gone) if gone and self.chance(0.8) else self.name()}

    def tags(self, kinds=TAG_KEYS):
        many = self.dice.choice([1, 1, 2, 5, 20, 21]) if self.chance(0.3) else 1
        keys = self.dice.sample(kinds, many)
        if self.chance(0.05):
            keys[0] = self.dice.choice(BAD_TAG_KEYS)
        return json.dumps([{"TagKey": key, "TagValue": self.dice.choice(["", "1", "2", "v" * 128])} for key in keys])

    def target(self):
        """What TagResource and UntagResource speak of."""
        if self.chance(0.03):
            return {}
        return {"SecretName": self.name()} if self.chance(0.6) else {"KeyId": self.key(0.03)}

    def tag(self):
        roll = self.dice.randrange(5)
        if roll == 0:
            return "UntagResource", {**self.target(), "TagKeys": json.dumps(self.dice.sample(TAG_KEYS, 3))}
        if roll < 3:
            return "TagResource", {**self.target(), "Tags": self.tags()}
        kind = self.dice.choice(["secret", "secret", "key"])
        have = list(self.model.secrets.rows) if kind == "secret" else ["@{%s}" % name for name in self.learned("k")]
        if not have:
            return None
        ids = self.dice.sample(have, min(len(have), self.dice.choice([1, 1, 2, 3])))
        if self.chance(0.1):
            ids.append("absent")
        p = {"RegionId": "@{region}", "ResourceType": kind, **{f"ResourceId.{n + 1}": given for n, given in enumerate(ids)}}
        keys = self.dice.sample(TAG_KEYS, self.dice.choice([1, 2, 3]))
        if self.chance(0.05):
            keys.append(keys[0])
        if roll == 3:
            return "TagResources", {**p, **{f"Tag.{n + 1}.{part}": value for n, key in enumerate(keys)
                                            for part, value in (("Key", key), ("Value", self.dice.choice(["1", "2"])))}}
        if self.chance(0.2):
            return "UntagResources", {**p, "All": "true"}
        return "UntagResources", {**p, **{f"TagKey.{n + 1}": key for n, key in enumerate(keys)}}

    def lists(self):
        p = {"PageNumber": self.maybe(0.5, str(self.dice.choice([1, 1, 2, 3, 50, 0]))),
             "PageSize": self.maybe(0.6, str(self.dice.choice([1, 2, 3, 10, 100, 101, 0, 102])))}
        roll = self.dice.randrange(8)
        if roll == 7:
            return "ListResourceTags", {"KeyId": self.key(0.05)}
        if roll == 0:
            return "ListSecrets", {**p, "FetchTags": self.maybe(0.5, "true"), "Filters": self.maybe(0.6, self.filters(
                {"SecretName": NAMES, "TagKey": TAG_KEYS, "TagValue": ["1", "2"]}))}
        if roll == 1:
            return "ListSecretVersionIds", {**p, "SecretName": self.name(), "IncludeDeprecated": self.maybe(0.6, "true")}
        if roll == 2:
            return "ListKeys", {**p, "Filters": self.maybe(0.6, self.filters({
                "KeyState": ["Enabled", "Disabled", "PendingDeletion", "PendingImport"], "KeySpec": SPECS[:-1],
                "CreatorType": ["User", "Service"], "TagKey": TAG_KEYS, "TagValue": ["1", "2"]}))}
        if roll == 3:
            return "ListKeyVersions", {**p, "KeyId": self.key()}
        if roll == 4:
            return "ListAliases", p
        if roll == 5:
            return "ListAliasesByKeyId", {**p, "KeyId": self.key(0.05)}
        return "ListTagResources", {"RegionId": "@{region}", "ResourceType": self.dice.choice(["key", "secret"])}

    def filters(self, kinds):
        if self.chance(0.05):
            return self.dice.choice(["x", "{}", '[{"Key":"Nothing","Values":["x"]}]', '[{"Values":["x"]}]', '[{"Key":"TagKey","Values":"x"}]'])
        chosen = self.dice.sample(list(kinds), self.dice.choice([1, 1, 2]))
        return json.dumps([{"Key": kind, "Values": self.dice.sample(kinds[kind], self.dice.choice([0, 1, 2]))} for kind in chosen])

    # Keys.

    def create_key(self):
        if len(self.learned("k")) >= KEYS_MAX:
            return None
        have = {self.model.keys.rows[self.names[name]].spec for name in self.learned("k")}
        fresh = [spec for spec in SPECS if spec not in have]
        return "CreateKey", {"KeySpec": self.maybe(0.8, self.dice.choice(fresh or SPECS)), "Origin": self.maybe(0.1, "EXTERNAL"),
                             "Description": self.maybe(0.3, "key é"), "Tags": self.maybe(0.3, self.tags())}, "k"

    def key_state(self):
        pending = [f"@{{{n}}}" for n in self.learned("k")
                   if n in self.names and self.model.keys.rows[self.names[n]].state == "PendingDeletion"]
        disabled = [f"@{{{n}}}" for n in self.learned("k") if self.model.keys.rows[self.names[n]].state == "Disabled"]
        if pending and self.chance(0.35):
            return "CancelKeyDeletion", {"KeyId": self.dice.choice(pending)}
        if disabled and self.chance(0.35):
            return "EnableKey", {"KeyId": self.dice.choice(disabled)}
        action = self.dice.choice(["EnableKey", "DisableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "DescribeKey",
                                   "DescribeKey", "UpdateKeyDescription"])
        p = {"KeyId": self.key(0.3 if action == "DescribeKey" else 0.04)}
        if action == "ScheduleKeyDeletion":
            p["PendingWindowInDays"] = self.dice.choice(["7", "366", "30", "6", "367", "x"])
        if action == "UpdateKeyDescription":
            p["Description"] = self.maybe(0.9, self.dice.choice(["", "x" * 8192, "x" * 8193, "é"]))
        return action, p

    def protect(self):
        name = self.dice.choice(["KeyId", "ProtectedResourceArn"])
        key = self.key(0.04)
        if name != "KeyId" and not key.startswith("@{arn}"):
            key = "@{arn}key/" + key
        return "SetDeletionProtection", {name: key, "EnableDeletionProtection": self.dice.choice(["true", "false", "false", "x"]),
                                         "DeletionProtectionDescription": self.maybe(0.5, "because")}

    def alias(self):
        action = self.dice.choice(["CreateAlias", "CreateAlias", "UpdateAlias", "DeleteAlias"])
        name = self.dice.choice(ALIASES) if self.chance(0.9) else self.dice.choice(BAD_ALIASES)
        return action, {"AliasName": name, "KeyId": None if action == "DeleteAlias" else self.key(0.04)}

    def key_version(self):
        if self.chance(0.5):
            return "CreateKeyVersion", {"KeyId": self.key()}, "n"
        key, version = self.key_and_version()
        return self.dice.choice(["DescribeKeyVersion", "GetPublicKey"]), {"KeyId": key, "KeyVersionId": version}

    def rotate(self):
        return "UpdateRotationPolicy", {"KeyId": self.symmetric(), "EnableAutomaticRotation": self.dice.choice(["true", "true", "false", "x"]),
                                        "RotationInterval": self.maybe(0.9, self.dice.choice(["7d", "365d", "730d", "604800s", "168h", "6d",
                                                                                             "731d", "10080m", "x", "7"]))}

    def pair(self):
        if len(self.pairs()) < 2:
            return "CreateKey", {"KeySpec": self.dice.choice(["RSA_2048", "EC_SM2"]), "KeyUsage": "ENCRYPT/DECRYPT"}, "k"
        blobs = [n for n in self.learned("c") if self.model.keys.blobs[self.names[n]][3] in ("RSAES_OAEP_SHA_256", "SM2PKE")]
        if blobs and self.chance(0.5):
            name = self.dice.choice(blobs)
            key, version, _, algorithm = self.model.keys.blobs[self.names[name]]
            refs = {value: "@{%s}" % name for name, value in self.names.items()}
            if self.chance(0.1):
                key, version = self.key_and_version()
            return "AsymmetricDecrypt", {"KeyId": refs.get(key, key), "KeyVersionId": refs.get(version, version), "Algorithm": algorithm,
                                         "CiphertextBlob": "@{%s}" % name}
        key = self.dice.choice(self.pairs())
        versions = [name for name in self.names if name.startswith(key + ".")]
        fit = "SM2PKE" if self.model.keys.rows[self.names[key]].spec == "EC_SM2" else "RSAES_OAEP_SHA_256"
        return "AsymmetricEncrypt", {"KeyId": "@{%s}" % key, "KeyVersionId": "@{%s}" % self.dice.choice(versions), "Algorithm": fit,
                                     "Plaintext": self.dice.choice(["eA==", base64.b64encode(b"y" * 190).decode(), "!", "",
                                                                    base64.b64encode(b"y" * 6048).decode()])}, "c"

    def pairs(self):
        """Key pairs that encrypt."""
        rows = self.model.keys.rows
        return [n for n in self.learned("k") if rows[self.names[n]].usage == "ENCRYPT/DECRYPT" and rows[self.names[n]].spec in ("RSA_2048", "EC_SM2")]

    def context(self):
        return self.dice.choice(CONTEXTS) or None

    def encrypt(self):
        action = self.dice.choice(["Encrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"])
        p = {"KeyId": self.symmetric(), "EncryptionContext": self.context()}
        if action == "Encrypt":
            p["Plaintext"] = self.dice.choice(["x", "plaintext é", "y" * 6144, "中" * 2048, "y" * 6145, ""])
        else:
            p["NumberOfBytes"] = self.maybe(0.4, self.dice.choice(["1", "24", "1024", "0", "1025", "x"]))
            p["KeySpec"] = self.maybe(0.4, self.dice.choice(["AES_128", "AES_256", "AES_999"]))
        return action, p, "c"

    def decrypt(self):
        blobs = self.learned("c")
        if not blobs:
            return None
        name = self.dice.choice(blobs)
        made = self.model.keys.blobs[self.names[name]][3]
        context = json.loads(made) if made.startswith("{") else {}
        given = json.dumps(context) if context and self.chance(0.9) else self.context() if self.chance(0.1) else None
        blob = "@{%s}" % name
        if self.chance(0.05):
            blob = self.dice.choice(["", "x", base64.b64encode(b"0" * 80).decode()])
        if self.chance(0.3):
            return "ReEncrypt", {"CiphertextBlob": blob, "SourceEncryptionContext": given, "DestinationKeyId": self.symmetric(),
                                 "DestinationEncryptionContext": self.context()}, "c"
        return "Decrypt", {"CiphertextBlob": blob, "EncryptionContext": given}

    def digest(self):
        return base64.b64encode(self.dice.choice([b"1", b"2"]) * 32).decode() if self.chance(0.95) else self.dice.choice(["", "!", "QUJD"])

    def signing(self):
        """A key version and, most often, an algorithm for it."""
        key, version = self.key_and_version()
        algorithm = self.dice.choice(ALGORITHMS)
        rows = self.model.keys.rows
        fit = [n for n in self.names if "." in n and getattr(rows.get(self.names[n.split(".")[0]]), "usage", "") == "SIGN/VERIFY"]
        if fit and self.chance(0.85):
            version = self.dice.choice(fit)
            key, version = "@{%s}" % version.split(".")[0], "@{%s}" % version
        row = self.model.keys.rows.get(self.names.get(key[2:-1], ""))
        fitting = {"EC_P256": "ECDSA_SHA_256", "EC_P256K": "ECDSA_SHA_256", "EC_SM2": "SM2DSA", "RSA_2048": "RSA_PSS_SHA_256"}
        if row and row.spec in fitting and self.chance(0.85):
            algorithm = fitting[row.spec]
        return {"KeyId": key, "KeyVersionId": version, "Algorithm": algorithm, "Digest": self.digest()}

    def sign(self):
        return "AsymmetricSign", self.signing(), "s"

    def verify(self):
        made = self.learned("s")
        if not made:
            return None
        name = self.dice.choice(made)
        key, version, *rest = self.model.keys.signed[self.names[name]]
        refs = {value: "@{%s}" % name for name, value in self.names.items()}
        if len(rest) == 2 and self.chance(0.8):
            p = {"KeyId": refs[key], "KeyVersionId": refs[version], "Algorithm": rest[0],
                 "Digest": rest[1] if self.chance(0.7) else self.digest()}
        else:
            p = self.signing()
        value = "@{%s}" % name if self.chance(0.9) else self.dice.choice(["", "!", base64.b64encode(b"0" * 64).decode()])
        return "AsymmetricVerify", {**p, "Value": value}

    def mac(self):
        p = {"KeyId": self.key(), "Message": self.dice.choice(["bWVzc2FnZQ==", "eA==", "!", ""]), "Algorithm": self.dice.choice(MACS)}
        macs = self.learned("m")
        keys = [n for n in self.learned("k") if self.model.keys.rows[self.names[n]].spec.startswith("HMAC")]
        if keys and self.chance(0.8):
            name = self.dice.choice(keys)
            p.update(KeyId="@{%s}" % name, Algorithm=self.model.keys.rows[self.names[name]].spec)
        if macs and self.chance(0.6):
            return "VerifyMac", {**p, "Mac": "@{%s}" % self.dice.choice(macs)}
        return "GenerateMac", p, "m"
