#include "sealed_directory.h"

#include <gtest/gtest.h>

#include <vector>

#include "strongroom/base/bytes.h"

namespace strongroom::faults {
namespace {

barrier::Address address_of(const std::string& name) {
  return {.type = barrier::RecordType::kSystem, .account = {}, .name = name};
}

}  // namespace

Result<void> SealedDirectory::create() {
  std::vector<barrier::SlotSecret> slots;
  slots.emplace_back(barrier::DevSecret{});
  SR_TRY(barrier::UnsealedDirectory created,
         barrier::create_data_directory(path_, barrier::Mode::kDev, slots, random_, clock_));
  return start(std::move(created), true);
}

Result<void> SealedDirectory::open() {
  SR_TRY(barrier::UnsealedDirectory opened,
         barrier::open_data_directory(path_, barrier::Mode::kDev, barrier::DevSecret{}));
  return start(std::move(opened), false);
}

void SealedDirectory::close() {
  sealed_.reset();
  engine_.reset();
}

Result<void> SealedDirectory::start(barrier::UnsealedDirectory unsealed, bool initialize) {
  SR_TRY(engine_, store_lmdb::open({.directory = path_ + "/store"}));
  const barrier::SealedStoreOptions options = {.cluster = unsealed.superblock.cluster,
                                               .clock = clock_,
                                               .random = random_,
                                               .initialize = initialize,
                                               .background_check = false};
  SR_TRY(sealed_, barrier::open_sealed_store(*engine_, std::move(unsealed.keys), options));
  return {};
}

Result<store::Revision> put_record(barrier::SealedStore& store, const std::string& name,
                                   std::string_view body) {
  SR_TRY(const auto transaction, store.begin());
  const auto old = transaction->read(address_of(name));
  if (!old && old.error().kind() != ErrorKind::kNotFound) return std::unexpected(old.error());
  transaction->put(address_of(name), {}, as_bytes(body));
  return transaction->commit();
}

Result<store::Revision> put_uncounted(barrier::SealedStore& store, std::uint32_t version) {
  SR_TRY(const auto transaction, store.begin());
  transaction->put_raw({.type = barrier::RecordType::kSecretVersion,
                        .account = {},
                        .name = "raw",
                        .version = version},
                       "sealed by its owner");
  return transaction->commit();
}

std::string read_record(barrier::SealedStore& store, const std::string& name) {
  const auto reader = store.reader();
  EXPECT_TRUE(reader.has_value());
  if (!reader) return {};
  const auto record = (*reader)->read(address_of(name));
  if (record) return std::string(as_chars((*record)->body()));
  EXPECT_EQ(record.error().kind(), ErrorKind::kNotFound) << record.error().message();
  return {};
}

}  // namespace strongroom::faults
