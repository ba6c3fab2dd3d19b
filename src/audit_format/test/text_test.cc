#include <gtest/gtest.h>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/test/reveal.h"

namespace strongroom::audit_format {
namespace {

crypto::Ed25519Signer signer_of(std::string_view seed) {
  return *crypto::Ed25519Signer::from_seed(test::secret(seed));
}

// The example of the Go note package.
constexpr std::string_view kNeumannKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kNeumannSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kNeumannText =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n";
constexpr std::string_view kNeumannSignature =
    "\n\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(Note, PublishedExample) {
  const auto key = VerifierKey::parse(kNeumannKey);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->text(), kNeumannKey);
  const std::string note = std::string(kNeumannText) + std::string(kNeumannSignature);
  EXPECT_EQ(open_note(note, *key), kNeumannText);
  const auto signer = signer_of(base64_decode(kNeumannSeed)->substr(1));
  EXPECT_EQ(sign_note(kNeumannText, "PeterNeumann", signer), note);
}

TEST(Note, EveryChangeIsRefused) {
  const auto key = VerifierKey::parse(kNeumannKey);
  const std::string note = std::string(kNeumannText) + std::string(kNeumannSignature);
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(open_note(changed, *key).has_value()) << i;
    EXPECT_FALSE(open_note(note.substr(0, i), *key).has_value()) << i;
  }
}

TEST(Note, SignaturesOfOthersAreIgnored) {
  const auto key = VerifierKey::parse(kNeumannKey);
  const std::string other =
      sign_note(kNeumannText, "witness.example", signer_of(std::string(32, 'w')));
  const std::string witness_line = other.substr(kNeumannText.size() + 1);
  const std::string note = std::string(kNeumannText) + std::string(kNeumannSignature);
  EXPECT_TRUE(open_note(note + witness_line, *key).has_value());
  EXPECT_FALSE(open_note(other, *key).has_value());
  EXPECT_FALSE(open_note(note + "no signature\n", *key).has_value());
}

TEST(Note, KeysMustFitTheirHash) {
  std::string text(kNeumannKey);
  text[0] = 'Q';
  EXPECT_FALSE(VerifierKey::parse(text).has_value());
  EXPECT_FALSE(VerifierKey::parse("").has_value());
  EXPECT_FALSE(VerifierKey::parse("a+b+c").has_value());
}

TEST(Checkpoint, RoundTripsAndIsBoundToItsOrigin) {
  const auto signer = signer_of(std::string(32, 's'));
  const Checkpoint checkpoint{.origin = "strongroom/test",
                              .head = {.size = 7, .root = leaf_hash({})}};
  const VerifierKey key{.name = "strongroom/test", .public_key = signer.public_key()};
  const std::string note = sign_note(encode_checkpoint(checkpoint), key.name, signer);
  const auto opened = open_checkpoint(note, key);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->head, checkpoint.head);
  const VerifierKey other{.name = "strongroom/other", .public_key = signer.public_key()};
  EXPECT_FALSE(open_checkpoint(note, other).has_value());
  EXPECT_FALSE(open_checkpoint(sign_note(encode_checkpoint(checkpoint), other.name, signer), other)
                   .has_value());
}

TEST(Checkpoint, FormIsStrict) {
  const std::string root = base64_encode(empty_root());
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\n").has_value());
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\nextension\n").has_value());
  for (const std::string& bad :
       {"\n0\n" + root + "\n", "o\n00\n" + root + "\n", "o\n-1\n" + root + "\n", "o\n0\n" + root,
        "o\n0\n" + root + "\n\n", std::string("o\n0\nAAAA\n"),
        "o\n18446744073709551616\n" + root + "\n", std::string()}) {
    EXPECT_FALSE(parse_checkpoint(bad).has_value()) << bad;
  }
}

TEST(Proof, RoundTripsAndHoldsOnlyUnchanged) {
  const auto signer = signer_of(std::string(32, 's'));
  const VerifierKey key{.name = "strongroom/test", .public_key = signer.public_key()};
  Frontier frontier;
  std::vector<Hash> stored;
  for (int i = 0; i < 11; ++i) {
    frontier.append(leaf_hash(as_bytes(std::to_string(i))),
                    [&](const Hash& h) { stored.push_back(h); });
  }
  const Checkpoint checkpoint{.origin = key.name, .head = {.size = 11, .root = frontier.root()}};
  Proof proof{.index = 5,
              .entry = "5",
              .hashes = *inclusion_proof(
                  5, 11, [&](std::uint64_t at) -> Result<Hash> { return stored.at(at); }),
              .checkpoint = sign_note(encode_checkpoint(checkpoint), key.name, signer)};
  const auto parsed = parse_proof(encode_proof(proof));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->entry, "5");
  EXPECT_TRUE(verify_proof(*parsed, key).has_value());
  proof.entry = "6";
  EXPECT_FALSE(verify_proof(proof, key).has_value());
  proof.entry = "5";
  proof.index = 6;
  EXPECT_FALSE(verify_proof(proof, key).has_value());
  EXPECT_FALSE(parse_proof("c2sp.org/tlog-proof@v2\n").has_value());
}

TEST(Layout, ResumeRoundTrips) {
  const Resume resume{
      .origin = "strongroom/test",
      .states = {
          {.size = 9, .volume_first = 3, .volume_bytes = 400, .segments = {{1, 16}, {4, 99}}},
          {.size = 7, .volume_first = 3, .volume_bytes = 300, .segments = {}}}};
  const auto parsed = parse_resume(encode_resume(resume));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->origin, resume.origin);
  EXPECT_EQ(parsed->states, resume.states);
  for (const char* bad :
       {"", "x\n", "strongroom audit resume 1\no\n", "strongroom audit resume 1\no\nspool 1 2\n",
        "strongroom audit resume 1\no\nstate 1\n",
        "strongroom audit resume 1\no\nstate 1\nvolume 1\n",
        "strongroom audit resume 1\no\nstate 1\nvolume 1 2\nspool 1\n",
        "strongroom audit resume 1\no\nstate 1\nvolume 1 2"}) {
    EXPECT_FALSE(parse_resume(bad).has_value()) << bad;
  }
}

TEST(Layout, FramesOfHostileBytesAreRefused) {
  std::string frames;
  append_volume_frame(frames, "one");
  append_volume_frame(frames, "two");
  std::string_view rest = frames;
  EXPECT_EQ(take_volume_frame(rest), "one");
  EXPECT_EQ(take_volume_frame(rest), "two");
  EXPECT_FALSE(take_volume_frame(rest).has_value());
  for (const std::string& bad :
       {std::string("\0\0\0", 3), std::string("\0\0\0\0x", 5), std::string("\xff\xff\xff\xffx", 5),
        std::string("\0\0\0\2x", 5)}) {
    std::string_view view = bad;
    EXPECT_FALSE(take_volume_frame(view).has_value());
    view = bad;
    EXPECT_FALSE(take_spool_frame(view, 0).has_value());
  }
  EXPECT_EQ(parse_number20("00000000000000000042"), 42U);
  EXPECT_FALSE(parse_number20("42").has_value());
  EXPECT_FALSE(parse_number20("99999999999999999999").has_value());
  EXPECT_EQ(volume_path(42), "entries/00000000000000000042");
}

}  // namespace
}  // namespace strongroom::audit_format
