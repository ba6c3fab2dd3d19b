// The contract kit of store.h on the embedded engine.

#include <cstdlib>
#include <filesystem>

#include "store_kit.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::store {
namespace {

class LmdbUnderTest final : public EngineUnderTest {
 public:
  LmdbUnderTest() {
    std::string pattern = testing::TempDir() + "strongroom-contract-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
  }
  ~LmdbUnderTest() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Store> open() override {
    auto opened = store_lmdb::open({.directory = directory_});
    EXPECT_TRUE(opened.has_value()) << opened.error().message();
    return std::move(*opened);
  }
  Result<std::unique_ptr<Store>> open_beside() override {
    return store_lmdb::open({.directory = directory_});
  }

 private:
  std::string directory_;
};

INSTANTIATE_TEST_SUITE_P(Lmdb, StoreContract,
                         testing::Values([]() -> std::unique_ptr<EngineUnderTest> {
                           return std::make_unique<LmdbUnderTest>();
                         }));

}  // namespace
}  // namespace strongroom::store
