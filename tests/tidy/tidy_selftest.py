#!/usr/bin/env python3
"""The tidy test must notice what it is for: each rule sees its bad sample, and leaves the good one alone."""

import os
import tempfile
import unittest

import rules
import scanner
import tidy

# rule, bad line, good line; both read as src/secrets/src/x.cc.
SAMPLES = (
    ("memcmp", "if (memcmp(a, b, 16) == 0) {}", "if (crypto::ct_equal(a, b)) {}  // not memcmp(a, b)"),
    ("mac-equality", "return expected_mac == mac;", "if (hmac_ == nullptr) return;"),
    ("mac-equality", "return head.commitment() != blob;", "return name == other;"),
    ("openssl", "#include <openssl/evp.h>", '#include "strongroom/crypto/mac.h"'),
    ("slow-crypto", "EVP_KDF_fetch(nullptr, name, nullptr);", "EVP_KDF_CTX* type;"),
    ("slow-crypto", "RAND_bytes(out, 16);", "random.fill(out);"),
    ("mlockall", "mlockall(MCL_CURRENT);", "mlock(arena, size);"),
    ("rand", "int x = rand();", "operand();"),
    ("rand", "std::mt19937 engine;", "Random& random;"),
    ("wall-clock", "auto t = std::chrono::system_clock::now();", "auto t = clock.now();"),
    ("wall-clock", "time(nullptr);", "time(value);"),
    ("getenv", 'const char* home = getenv("HOME");', 'config.home; // getenv("HOME")'),
    ("standard-output", "std::cout << value;", "snprintf(out, size, format);"),
    ("standard-output", 'printf("%s", value);', 'log_info("printf(");'),
    ("shell", 'system("ls");', "file_system(path);"),
    ("shell", "popen(command, mode);", "static Io& system();"),
    ("unbounded-copy", "strcpy(to, from);", "std::copy(from, end, to);"),
    ("text-to-number", "int n = atoi(text);", "std::from_chars(begin, end, n);"),
    ("raw-new", "auto* x = new Thing(1);", "auto x = std::make_unique<Thing>(1); // a new Thing"),
    ("raw-new", "new (place) Thing;", "int renewed = new_size(1);"),
    ("raw-new", "Thing* thing =\n    new Thing(1);", "std::unique_ptr<Thing> thing(\n    new Thing(1));"),
    ("raw-new", "owner = new Thing;", "return std::unique_ptr<Thing>(new Thing(1));"),
    ("raw-delete", "delete thing;", "Thing(const Thing&) = delete;"),
    ("raw-delete", "delete[] things;", "bool operator==(const Thing&) const = delete;"),
    ("malloc", "malloc(10);", "allocator.malloc(10);"),
    ("malloc", "::free(::strdup(text));", "Pool::malloc(10);"),
    ("coroutine", "co_await next();", "await_next();"),
    ("assert", "assert(x);", "static_assert(sizeof(int) == 4);"),
    ("regex", "std::regex pattern(text);", "Pattern pattern(text);"),
    ("detach", "thread.detach();", "thread.join();"),
    ("format", 'std::format("{}", 1);', "format(1);"),
    ("left-over", "int x = 0;  // " + "TO" + "DO: later", "int todo_list = 0;"),
)


def rules_hit(path, source):
    return {offence.rule for offence in tidy.check_bans(path, source)}


class Bans(unittest.TestCase):
    def test_each_sample(self):
        for rule, bad, good in SAMPLES:
            with self.subTest(rule=rule, bad=bad):
                self.assertIn(rule, rules_hit("src/secrets/src/x.cc", bad + "\n"))
                self.assertNotIn(rule, rules_hit("src/secrets/src/x.cc", good + "\n"))

    def test_every_ban_has_a_sample(self):
        covered = {rule for rule, _, _ in SAMPLES} | {"iostream", "libssl"}
        self.assertEqual(covered, {ban.name for ban in rules.BANS})

    def test_allowed_places(self):
        self.assertEqual(rules_hit("src/crypto/src/a.cc", "#include <openssl/evp.h>\n"), set())
        self.assertEqual(rules_hit("src/crypto/src/a.cc", "#include <openssl/ssl.h>\n"), {"libssl"})
        self.assertEqual(rules_hit("src/cli/src/a.cc", 'getenv("HOME");\n'), set())
        self.assertIn("iostream", rules_hit("src/keys/src/a.cc", "#include <iostream>\n"))
        self.assertEqual(rules_hit("docs/a.md", "FIX" + "ME\n"), {"left-over"})

    def test_headers_do_not_open_namespaces(self):
        self.assertIn("using-namespace", rules_hit("src/keys/include/strongroom/keys/a.h", "using namespace std;\n"))

    def test_strings_and_comments_are_not_code(self):
        source = 'const char* t = "delete x; new Y"; /* delete x;\n delete y; */ auto r = R"(delete z;\n delete w;)";\n'
        self.assertEqual(rules_hit("src/keys/src/a.cc", source), set())


FUNCTIONS = """
namespace a {
struct S : Base {
  S(int x) : a_(x), b_{x}, c_{1, 2} {
    run();
  }
  int get() const noexcept { return 1; }
  std::vector<int> v_{1, 2};
};
enum class E : int { kOne };
constexpr Row kRows[] = {
    {1, make(2)},
};
template <class T, int N = (1 > 0)>
auto big(T t, std::function<void(int)> f = [](int) {}) -> Result<T> {
  for (int i = 0; i < 3; ++i) {
    if (t) { call({1, 2}); }
  }
}
bool operator==(const S&, const S&) { return true; }
const auto kSet = [] {
  return 1;
}();
TEST(Suite, Name) {
}
}  // namespace a
"""


class Scanner(unittest.TestCase):
    def test_functions_are_found_with_their_lengths(self):
        found = {(f.name, f.lines) for f in scanner.functions(scanner.strip(FUNCTIONS))}
        for expected in (("S", 3), ("get", 1), ("big", 6), ("operator==", 1), ("TEST", 2)):
            self.assertIn(expected, found)
        self.assertFalse({name for name, _ in found} & {"E", "kRows", "v_"})

    def test_stripping_keeps_line_numbers(self):
        source = "a\n/* b\n c */ d\n#define X \\\n {\ne \"\\\"{\" '{' 1'000\nR\"x({\n})x\" f\n"
        code = scanner.strip(source)
        self.assertEqual(code.count("\n"), source.count("\n"))
        self.assertNotIn("{", code)
        self.assertEqual(code.split("\n")[2].strip(), "d")
        self.assertTrue(code.split("\n")[7].strip().endswith("f"))

    def test_a_long_function_is_reported_where_it_begins(self):
        body = "  step();\n" * 69
        offences = list(tidy.check_sizes("src/keys/src/a.cc", "\nvoid f() {\n" + body + "}\n"))
        self.assertEqual([(o.rule, o.line) for o in offences], [("function-size", 2)])
        self.assertEqual(list(tidy.check_sizes("src/keys/src/a.cc", "void f() {\n" + body[10:] + "}\n")), [])


class Sizes(unittest.TestCase):
    def test_files_and_columns(self):
        self.assertEqual([o.rule for o in tidy.check_sizes("src/a/src/a.cc", ";\n" * 601)], ["file-size"])
        self.assertEqual([o.rule for o in tidy.check_sizes("src/a/src/a.h", ";\n" * 301)], ["file-size"])
        self.assertEqual([o.rule for o in tidy.check_sizes("docs/a.md", "word " * 21 + "\n")], ["columns"])
        self.assertEqual(list(tidy.check_sizes("docs/a.md", "中 " * 50 + "\n")), [], "columns, not bytes")
        self.assertEqual(list(tidy.check_sizes("docs/a.md", "| " + "word " * 21 + "|\n")), [])
        script = 'auto kScript = R"(\n' + "word " * 21 + '\n)";\n'
        self.assertEqual(list(tidy.check_sizes("src/a/src/a.cc", script)), [])


class Tree(unittest.TestCase):
    def make(self, contents):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for path, text in contents.items():
            whole = os.path.join(folder.name, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
        return folder.name

    def rules_of(self, contents):
        return [offence.rule for offence in tidy.check(self.make(contents))[0]]

    GOOD = {
        "src/a/CMakeLists.txt": "strongroom_library(NAME a LAYER 0)\n",
        "src/a/README.md": "# a\n",
        "src/a/include/strongroom/a/a.h": "#pragma once\n// What it is.\n",
        "src/b/CMakeLists.txt": "strongroom_library(NAME b LAYER 1 DEPS a THIRD_PARTY c)\n",
        "src/b/README.md": "# b\n",
        "src/b/src/b.cc": '#include "strongroom/a/a.h"\n',
    }

    def test_a_good_tree_passes(self):
        self.assertEqual(self.rules_of(self.GOOD), [])

    def test_cycles(self):
        bad = dict(self.GOOD)
        bad["src/a/src/a.cc"] = '#include "strongroom/b/b.h"\n'
        self.assertIn("include-cycle", self.rules_of(bad))

    def test_undeclared_dependencies(self):
        bad = dict(self.GOOD)
        bad["src/b/src/b.cc"] = '#include "strongroom/c/c.h"\n'
        self.assertEqual(self.rules_of(bad), ["undeclared"])

    def test_readme_pragma_and_purpose(self):
        bad = dict(self.GOOD)
        del bad["src/a/README.md"]
        bad["src/a/include/strongroom/a/a.h"] = "#pragma once\n\nint x;\n"
        bad["src/b/src/c.h"] = "// no pragma\n"
        self.assertEqual(sorted(self.rules_of(bad)), ["pragma-once", "purpose", "readme"])


class Exceptions(unittest.TestCase):
    def test_they_need_a_reason_and_must_be_used(self):
        with self.assertRaises(ValueError):
            rules.Exceptions.parse("src/a.cc memcmp\n")
        exceptions = rules.Exceptions.parse("# comment\nsrc/a.cc memcmp orders public keys\nsrc/b.cc rand old\n")
        self.assertTrue(exceptions.covers(rules.Offence("src/a.cc", 1, "memcmp", "")))
        self.assertFalse(exceptions.covers(rules.Offence("src/a.cc", 1, "rand", "")))
        self.assertEqual([offence.line for offence in exceptions.stale()], [3])


if __name__ == "__main__":
    unittest.main()
