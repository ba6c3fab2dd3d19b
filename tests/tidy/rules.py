"""What the tidy test bans, and what to write instead. To add a ban: a line here, a sample in tidy_selftest.py."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Ban:
    name: str
    pattern: re.Pattern
    instead: str
    only_in: tuple = ("src/",)  # path prefixes it applies to
    except_in: tuple = ()  # path prefixes where it is allowed
    in_comments: bool = False  # also in comments and in files that are no C++
    in_tests: bool = True  # also in src/<library>/test/


def _ban(name, pattern, instead, **where):
    return Ban(name, re.compile(pattern), instead, **where)


PROGRAMS = ("src/server/", "src/cli/", "src/bench/")
CODE = ("src/", "tests/")

BANS = (
    # Secrets.
    _ban("memcmp", r"\b(?:memcmp|bcmp|timingsafe_bcmp|CRYPTO_memcmp)\s*\(",
         "crypto::ct_equal for anything secret, == on std::string_view for the rest",
         except_in=("src/base/", "src/crypto/src/ct_equal.cc", "src/http/", "src/policy/", "src/store", "src/wire_openapi/"), in_tests=False),
    _ban("mac-equality", r"(?i)\b\w*(?:mac|hmac|commitment)_?(?:\(\))?\s*[!=]=(?!\s*(?:nullptr|0\b|std::nullopt))",
         "crypto::ct_equal"),
    _ban("openssl", r"#\s*include\s*<openssl/", "the functions of strongroom/crypto (or net for TLS)",
         except_in=("src/crypto/src/", "src/crypto/test/", "src/dial/", "src/net/src/", "src/net/test/")),
    _ban("libssl", r"#\s*include\s*<openssl/ssl\.h>", "strongroom/net for listeners, strongroom/dial outbound",
         except_in=("src/dial/", "src/net/")),
    _ban("slow-crypto", r"\b(?:EVP_KDF\w*|EVP_Q_\w+|HMAC|RAND_bytes|RAND_priv_bytes)\s*\(",
         "crypto's fetched, re-keyed contexts, and base's Random (2.5 us and 0.7 us a call saved)"),
    _ban("mlockall", r"\bmlockall\s*\(", "secmem: only the key arena is locked; this would lock the store's map"),
    # Seams.
    _ban("rand", r"(?<![\w.>:])(?:std::|::)?(?:s?rand|drand48|lrand48)\s*\(|std::(?:random_device|mt19937\w*|default_random_engine)",
         "strongroom::Random", except_in=("src/base/src/", "src/bench/"), in_tests=False),
    _ban("wall-clock", r"system_clock::now|\b(?:gettimeofday|time)\s*\(\s*(?:nullptr|NULL|0|&)|CLOCK_REALTIME",
         "strongroom::Clock", except_in=("src/base/src/", "src/bench/")),
    _ban("getenv", r"\b(?:secure_)?getenv\s*\(", "configuration passed down by the program", except_in=PROGRAMS),
    _ban("standard-output", r"std::(?:cout|cerr|clog)\b|(?<![\w:])(?:std::)?(?:printf|puts|putchar)\s*\(",
         "strongroom/base/log.h", except_in=PROGRAMS + ("src/base/src/",), in_tests=False),
    _ban("iostream", r"#\s*include\s*<iostream>", "strongroom/base/log.h", except_in=PROGRAMS),
    _ban("shell", r"(?<![\w:.>])(?:std::|::)?(?:system|popen|execl|execlp|execvp)\s*\(\s*[^)\s]", "posix_spawn with fixed arguments", except_in=("src/bench/",), in_tests=False),
    # The language.
    _ban("unbounded-copy", r"\b(?:strcpy|strncpy|strcat|strncat|stpcpy|sprintf|vsprintf|gets|alloca|scanf|sscanf)\s*\(",
         "std::string, std::span, std::to_chars", only_in=CODE),
    _ban("text-to-number", r"\b(?:ato[ifl]|atoll|strto(?:l|ul|ll|ull|d|f)|std::sto\w+)\s*\(", "std::from_chars"),
    # A class with a private constructor is made by handing the pointer over at once.
    _ban("raw-new", r"(?<!unique_ptr<)(?<![\w#.>])(?<!>\()(?<!\w\()new(?:\s*\(|\s+[A-Za-z_:])",
         "std::make_unique or a container"),
    _ban("raw-delete", r"(?<!=)(?<!= )\bdelete\b(?!\s*[;,)]|\s*$)", "an owner with a destructor"),
    _ban("malloc", r"(?<![\w:.>])(?:std::|::)?(?:malloc|calloc|realloc|strdup)\s*\(", "std::make_unique or a container"),
    _ban("coroutine", r"\bco_(?:await|yield|return)\b", "plain functions: g++ 12 miscompiles common spellings", only_in=CODE),
    _ban("assert", r"(?<![\w_])assert\s*\(", "SR_CHECK, which stays on in release", only_in=CODE),
    _ban("regex", r"\bstd::(?:regex|regex_match|regex_search)\b", "a scan: std::regex recurses on hostile input"),
    _ban("detach", r"\.detach\s*\(\s*\)", "a joined thread with an owner", only_in=CODE),
    _ban("format", r"\bstd::(?:format|print|println)\s*\(", "std::to_chars and append: g++ 12 lacks it"),
    # Left-overs, anywhere.
    _ban("left-over", r"\b(?:TODO|FIXME|XXX|HACK)\b", "do it, or describe it in docs/",
         only_in=("",), except_in=("tests/tidy/",), in_comments=True),
)

# Headers only.
HEADER_BANS = (
    _ban("using-namespace", r"^\s*using\s+namespace\b", "qualified names: a header must not widen its readers' scope",
         only_in=CODE),
)

FUNCTION_LINES_MAX = 70
SOURCE_LINES_MAX = 600
HEADER_LINES_MAX = 300
COLUMNS_MAX = 100


@dataclass
class Offence:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass
class Exceptions:
    """Lines `path rule reason` of exceptions.txt: what may stay, and why. An entry that covers nothing is an offence."""

    entries: dict = field(default_factory=dict)
    used: set = field(default_factory=set)

    @staticmethod
    def parse(text):
        result = Exceptions()
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            parts = line.split(maxsplit=2)
            if len(parts) < 3:
                raise ValueError(f"exceptions.txt:{number}: a path, a rule and a reason are needed")
            result.entries[(parts[0], parts[1])] = number
        return result

    def covers(self, offence):
        key = (offence.path, offence.rule)
        if key not in self.entries:
            return False
        self.used.add(key)
        return True

    def stale(self):
        return [
            Offence("tests/tidy/exceptions.txt", number, "stale-exception", f"nothing to except: {path} {rule}")
            for (path, rule), number in self.entries.items()
            if (path, rule) not in self.used
        ]
