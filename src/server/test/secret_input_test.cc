// What operators hand over stands in locked memory alone, and nowhere once that is gone.

#include "secret_input.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "strongroom/base/descriptor.h"
#include "strongroom/test/reveal.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr char kMask = 0x15;
// Larger ones are a sanitizer's shadow memory, which would take hours.
constexpr std::uintptr_t kMapBytesMax = std::uintptr_t{1} << 32;

/// A text that stands nowhere in memory as it is: only this, masked. From a literal, so that no
/// copy of it is left on the way.
std::string masked(std::string text) {
  for (char& c : text) c = static_cast<char>(c ^ kMask);
  return text;
}

/// Directly, without a copy that would be found as well.
__attribute__((no_sanitize("address"))) std::size_t count_in(const char* from, const char* to,
                                                             const std::string& wanted) {
  std::size_t found = 0;
  for (const char* at = from; at + wanted.size() <= to; ++at) {
    std::size_t same = 0;
    while (same < wanted.size() && at[same] == static_cast<char>(wanted[same] ^ kMask)) ++same;
    if (same == wanted.size()) ++found;
  }
  return found;
}

/// How often the text behind `wanted` stands in the process's writable memory.
std::size_t count_in_memory(const std::string& wanted) {
  std::size_t found = 0;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char dash = 0;
    std::string access;
    fields >> std::hex >> from >> dash >> to >> access;
    if (access != "rw-p" || to - from > kMapBytesMax) continue;
    found +=
        count_in(reinterpret_cast<const char*>(from), reinterpret_cast<const char*>(to), wanted);
  }
  return found;
}

class SecretInput : public testing::Test {
 protected:
  SecretInput() {
    std::string pattern = testing::TempDir() + "strongroom-input-XXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~SecretInput() override { std::filesystem::remove_all(directory_); }

  /// A private file with what `text` masks and a line feed, written so that no buffer has it.
  std::string file_of(const std::string& name, const std::string& text) const {
    std::string path = directory_ + '/' + name;
    const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    for (const char c : text) {
      const char plain = static_cast<char>(c ^ kMask);
      EXPECT_EQ(write(file.get(), &plain, 1), 1);
    }
    EXPECT_TRUE(write_all(file.get(), "\nmore\n"));
    return path;
  }

  std::string directory_;
};

TEST_F(SecretInput, APassphraseStandsInLockedMemoryAlone) {
  const std::string wanted = masked("six random words are the passphrase");
  const std::string path = file_of("passphrase", wanted);
  {
    const auto line = read_first_line(path);
    ASSERT_TRUE(line) << line.error().message();
    EXPECT_EQ(line->size(), wanted.size());
    EXPECT_EQ(count_in_memory(wanted), 1U);
  }
  EXPECT_EQ(count_in_memory(wanted), 0U);
}

TEST_F(SecretInput, ASharesTextIsGoneOnceItWasRead) {
  const std::string wanted = masked("strongroom-share-1:0155555555555555555555555555550a");
  const std::string path = file_of("share", wanted);
  (void)secret_of_shares({path});
  EXPECT_EQ(count_in_memory(wanted), 0U);
}

TEST_F(SecretInput, ASharesTextIsGoneWithTheLineThatShowsIt) {
  const std::string wanted = masked("77777777777777777777777777773b");
  {
    std::string bytes(14, '\x77');
    bytes.push_back('\x3b');
    const auto line = share_line(test::secret(bytes));
    ASSERT_TRUE(line);
    EXPECT_EQ(count_in_memory(wanted), 1U);
  }
  EXPECT_EQ(count_in_memory(wanted), 0U);
}

TEST_F(SecretInput, OnlyAPrivateFileWithAFirstLineIsRead) {
  const std::string path = file_of("open", masked("something"));
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(read_first_line(path).error().code(), "OpenMode");
  EXPECT_EQ(read_first_line(file_of("empty", "")).error().code(), "EmptyFile");
  EXPECT_EQ(read_first_line(directory_ + "/absent").error().code(), "System");
  EXPECT_TRUE(read_first_line(file_of("long", masked(std::string(4'096, 'x')))));
  EXPECT_EQ(read_first_line(file_of("longer", masked(std::string(4'097, 'x')))).error().code(),
            "LongLine");
}

TEST_F(SecretInput, LinesComeOneAfterTheOther) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const Descriptor out(ends[0]);
  {
    const Descriptor in(ends[1]);
    ASSERT_TRUE(write_all(in.get(), "one\ntwo"));
  }
  EXPECT_EQ(test::reveal(*read_secret_line(out.get())), "one");
  EXPECT_EQ(test::reveal(*read_secret_line(out.get())), "two");
  EXPECT_TRUE(read_secret_line(out.get())->empty());
}

/// A terminal: what is typed at one end, what the program behind it reads at the other.
class TerminalInput : public testing::Test {
 protected:
  void SetUp() override {
    typed_ = Descriptor(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK));
    ASSERT_TRUE(typed_);
    ASSERT_EQ(grantpt(typed_.get()), 0);
    ASSERT_EQ(unlockpt(typed_.get()), 0);
    std::array<char, 64> name{};
    ASSERT_EQ(ptsname_r(typed_.get(), name.data(), name.size()), 0);
    read_ = Descriptor(open(name.data(), O_RDWR | O_NOCTTY));
    ASSERT_TRUE(read_);
  }
  void type(const std::string& text) { ASSERT_TRUE(write_all(typed_.get(), text)); }
  /// All that the terminal has shown, once `end` is in it: the kernel shows what it read some time
  /// later, and in that order.
  std::string shown_until(const std::string& end) {
    std::string out;
    for (int tries = 0; tries < 5'000 && out.find(end) == std::string::npos; ++tries) {
      std::array<char, 256> piece{};
      const auto got = read(typed_.get(), piece.data(), piece.size());
      if (got > 0) out.append(piece.data(), static_cast<std::size_t>(got));
      if (got <= 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return out;
  }

  Descriptor typed_;
  Descriptor read_;
};

TEST_F(TerminalInput, IsHiddenWhileAsked) {
  {
    const HiddenInput hidden(read_.get());
    type("first-share\nsecond-share\n");  // both pasted at once
    for (const char* share : {"first-share", "second-share"}) {
      const auto line = read_secret_line(read_.get());
      ASSERT_TRUE(line);
      EXPECT_EQ(test::reveal(*line), share);
    }
  }
  type("visible\n");
  const std::string shown = shown_until("visible");
  EXPECT_NE(shown.find("visible"), std::string::npos);
  EXPECT_EQ(shown.find("share"), std::string::npos);
}

}  // namespace
}  // namespace strongroom::server
