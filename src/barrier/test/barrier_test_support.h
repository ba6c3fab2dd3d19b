#pragma once
// Shorthands for the barrier's tests.

#include <gtest/gtest.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/ct_equal.h"

namespace strongroom::barrier {

inline std::string text(const RecordRef& record) {
  return std::string(as_chars(record->body()));
}

/// Of a body that is a decimal number; else -1.
inline int number_in(const RecordRef& record) {
  const std::string digits = text(record);
  int number = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

inline Result<RecordRef> read(SealedStore& store, const Address& address) {
  SR_TRY(const auto reader, store.reader());
  return reader->read(address);
}

/// Creates or replaces.
inline store::Revision put(SealedStore& store, const Address& address, std::string_view body,
                           Uuid resource = {}) {
  auto transaction = store.begin();
  EXPECT_TRUE(transaction);
  (void)(*transaction)->read(address);
  (*transaction)->put(address, resource, as_bytes(body));
  const auto outcome = (*transaction)->commit();
  EXPECT_TRUE(outcome) << outcome.error().message();
  return outcome.value_or(store::Revision{});
}

inline std::vector<store::Row> raw_rows(const store::Store& engine, std::string_view first,
                                        std::string_view last) {
  const auto snapshot = engine.snapshot();
  EXPECT_TRUE(snapshot);
  auto rows = (*snapshot)->scan(first, last, 10'000);
  EXPECT_TRUE(rows);
  return std::move(*rows);
}
inline std::vector<store::Row> raw_resource_rows(const store::Store& engine) {
  return raw_rows(engine, "\x10", "\x11");
}

inline std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace strongroom::barrier
