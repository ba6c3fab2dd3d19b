"""A new root with slots of every kind: a token (SoftHSM), a TPM (swtpm), another KMS and shares, beside a key file.

Each slot gets the new root with its own secret and opens the data alone afterwards; one that cannot be opened is named and
nothing is changed; a server that needs its token, TPM or KMS to follow does so while it runs.
"""

import os
import re

from production import Serving, vault_maker
from recovery import TOKEN_MODULE, Vault, create, make_token, pin_files, root_of, value
from strongroom_e2e.report import Suite, equal
from strongroom_e2e.throwaway import Throwaway

class Slots:
    """Four slots beside the key file, each with the settings that open it alone."""

    def __init__(self, vault, other, tpm):
        self.vault, self.pins = vault, pin_files(vault)
        self.tokens = make_token(vault.work)
        shares, access = os.path.join(vault.work, "shares"), os.path.join(vault.work, "access")
        with open(os.open(access, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as out:
            out.write(" ".join(other.access) + "\n")
        self.theirs = other.start()
        self.kms_key = self.theirs.ok("CreateKey")["KeyMetadata"]["KeyId"]
        pin, wrong = self.pins["right"], self.pins["wrong"]
        place = {"endpoint": f"127.0.0.1:{other.port}", "ca_file": other.ca, "access_key_file": access}
        self.settings = {
            "token": [f"seal.token_module={TOKEN_MODULE}", f"seal.token_pin_file={pin}"],
            "tpm": [f"seal.tpm_tcti={tpm['tcti']}", f"seal.tpm_pin_file={pin}"],
            "kms": [f"seal.kms_{name}={text}" for name, text in place.items()],
            "shares": [f"seal.share_files={shares}/share-1,{shares}/share-3"]}
        self.wrong_pins = {"token": [self.settings["token"][0], f"seal.token_pin_file={wrong}"],
                           "tpm": [self.settings["tpm"][0], f"seal.tpm_pin_file={wrong}"]}
        self.file = [f"seal.file={vault.key}"]
        for flags in (["--token-module", TOKEN_MODULE, "--token", "strongroom test", "--token-pin-file", pin],
                      ["--tpm-tcti", tpm["tcti"], "--tpm-pin-file", pin],
                      [w for name, text in place.items() for w in (f"--kms-{name.replace('_', '-')}", text)] + ["--kms-key", self.kms_key],
                      ["--shares", "2/3", "--shares-out", shares]):
            vault.run("seal", "slot", "add", *flags)

    def all(self, **instead):
        return self.file + [setting for kind in self.settings for setting in instead.get(kind, self.settings[kind])]

    def seal(self):
        with open(os.path.join(self.vault.data, "seal"), "rb") as file:
            return file.read()

    def each_opens(self):
        for kind, settings in {**self.settings, "file": self.file}.items():
            assert "ready" in self.vault.run("upgrade", "--check", seal=settings).stdout, kind

    def refused(self, expected, **instead):
        before = self.seal()
        told = self.vault.run("root", "rotate", seal=self.all(**instead), good=False).stderr
        assert "Nothing was changed" in told and all(text in told for text in expected), told
        equal(self.seal() == before, True)


def check_refusals(suite, slots):
    with suite.case("-", "root rotate: what opens no slot is named with the slot, and nothing is changed"):
        slots.refused(["(token): its secret was not given", "(tpm): its secret was not given", "(kms): its secret was not given",
                       "(shares): its secret was not given"], token=[], tpm=[], kms=[], shares=[])
        slots.refused(["(token)", "PIN"], token=slots.wrong_pins["token"])
        slots.refused(["(tpm)", "PIN"], tpm=slots.wrong_pins["tpm"])
        one = slots.settings["shares"][0].split(",")[0]
        slots.refused(["share"], shares=[one])
    with suite.case("-", "root rotate: so is one whose KMS refuses its key"):
        slots.theirs.ok("DisableKey", {"KeyId": slots.kms_key})
        try:
            slots.refused(["(kms)", "Disabled"])
        finally:
            slots.theirs.ok("EnableKey", {"KeyId": slots.kms_key})
    with suite.case("-", "root rotate: so is one whose token is not there"):
        os.rename(slots.tokens, slots.tokens + ".unplugged")
        os.mkdir(slots.tokens)
        try:
            slots.refused(["(token)"])
        finally:
            os.rmdir(slots.tokens)
            os.rename(slots.tokens + ".unplugged", slots.tokens)
        slots.each_opens()


def check_offline(suite, slots):
    vault = slots.vault
    with suite.case("-", "root rotate: every kind of slot gets the new root, and each opens the data alone"):
        before = slots.seal()
        told = vault.run("root", "rotate", seal=slots.all()).stdout
        assert "root      number 2" in told, told
        slots.each_opens()
        now = slots.seal()
        for kind, settings in slots.settings.items():  # what the old root opened is nothing any more
            with open(os.path.join(vault.data, "seal"), "wb") as out:
                out.write(before)
            refused = vault.run("upgrade", "--check", seal=settings, good=False).stderr
            assert "does not open with this root key" in refused, (kind, refused)
        with open(os.path.join(vault.data, "seal"), "wb") as out:
            out.write(now)
        slots.each_opens()


def check_online(suite, slots):
    vault, number = slots.vault, 2
    for kind, settings in slots.settings.items():
        with suite.case("-", f"root rotate: a server that the {kind} slot opens follows while it runs"):
            more = [word for setting in ["seal.file=", *settings] for word in ("--set", setting)]
            vault.serving = Serving(vault.data, vault.key, vault.port, *more)
            wire = vault.wire()
            create(wire, "before-" + kind, "x")
            vault.run("root", "rotate", seal=slots.all())
            number += 1
            told = root_of(wire)
            equal((told["Number"], told["Changing"]), (number, False))
            create(wire, "after-" + kind, "y")
            equal((value(wire, "before-" + kind), value(wire, "after-" + kind)), ("x", "y"))
            wire.close()
            vault.kill()
            slots.each_opens()
    with suite.case("-", "root rotate: a slot that is given up opens nothing, the others do"):
        listed = vault.run("seal", "slot", "ls").stdout
        gone = re.search(r"(?m)^(\d+) +token", listed).group(1)
        vault.run("root", "rotate", "--remove-slot", gone, seal=slots.all(token=[]))
        vault.run("upgrade", "--check", seal=slots.settings.pop("token"), good=False)
        slots.each_opens()


def main():
    suite = Suite("root-slots")
    with vault_maker() as make, Throwaway("swtpm") as tpm:
        slots = Slots(make(Vault, "mine"), make(Vault, "other"), tpm)
        check_refusals(suite, slots)
        check_offline(suite, slots)
        check_online(suite, slots)
    suite.finish()


if __name__ == "__main__":
    main()
