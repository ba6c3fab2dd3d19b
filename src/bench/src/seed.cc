#include "seed.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "requests.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::bench {
namespace {

constexpr std::size_t kKeyOperations = 4;  // what a transaction reads of the key

// A head and its versions are each a precondition and a write. All of a secret goes into one
// transaction: its rows are neighbours, so they cost one page and not one each.
std::size_t secrets_per_transaction(std::size_t versions) {
  return (limits::kCommitOperationsMax - kKeyOperations) / (2 * (versions + 1));
}

class Seeder {
 public:
  Seeder(const SeedPlan& plan, barrier::SealedStore& store)
      : plan_(plan),
        store_(store),
        keys_(store, random_, "cn-hangzhou"),
        secrets_(store, keys_, random_, "cn-hangzhou") {}

  Result<void> run() {
    SR_CHECK_OK(make_key());
    std::vector<std::thread> threads;
    threads.reserve(plan_.threads);
    for (std::size_t i = 0; i < plan_.threads; ++i) threads.emplace_back([this] { work(); });
    for (std::thread& thread : threads) thread.join();
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  Result<void> make_key() {
    if (!plan_.key_id.empty()) {
      key_id_ = plan_.key_id;
      return {};
    }
    SR_TRY(const auto transaction, store_.begin());
    SR_TRY(const keys::WrappingKey key,
           keys_.default_wrapping_key(*transaction, plan_.account, clock_.now()));
    key_id_ = key.key_id;
    SR_CHECK_OK(transaction->commit());
    return {};
  }

  void work() {
    const std::size_t step = secrets_per_transaction(plan_.versions);
    while (!stop_) {
      const std::size_t first = next_.fetch_add(step);
      if (first >= plan_.secrets) return;
      const Result<void> done = fill(first, std::min(first + step, plan_.secrets));
      if (done) continue;
      const std::lock_guard lock(mutex_);
      failure_ = done.error();
      stop_ = true;
    }
  }

  Result<SecretBytes> value() {
    std::string text(plan_.value_bytes, 'v');
    return SecretBytes::copy_of(as_bytes(text));
  }

  Result<void> fill(std::size_t first, std::size_t last) {
    SR_TRY(const auto transaction, store_.begin());
    SR_TRY(const keys::WrappingKey key, keys_.wrapping_key(*transaction, plan_.account, key_id_));
    for (std::size_t i = first; i < last; ++i) {
      SR_CHECK_OK(create(*transaction, secret_name(i), key));
      for (std::size_t version = 2; version <= plan_.versions; ++version) {
        SR_CHECK_OK(put(*transaction, secret_name(i), version));
      }
    }
    SR_CHECK_OK(transaction->commit());
    return {};
  }

  Result<void> create(barrier::Transaction& transaction, std::string name,
                      const keys::WrappingKey& key) {
    SR_TRY(const SecretBytes bytes, value());
    secrets::NewSecret asked{.account = plan_.account,
                             .name = std::move(name),
                             .version_id = "v1",
                             .description = {},
                             .creator = "acs:ram::" + plan_.account.text() + ":root",
                             .instance_id = plan_.instance_id};
    SR_CHECK_OK(secrets_.require_free(transaction, plan_.account, asked.name));
    SR_CHECK_OK(secrets_.create(transaction, std::move(asked), bytes, key, clock_.now()));
    return {};
  }

  Result<void> put(barrier::Transaction& transaction, const std::string& name,
                   std::size_t version) {
    SR_TRY(const SecretBytes bytes, value());
    SR_TRY(const secrets::SecretView view, secrets_.view(transaction, plan_.account, name));
    const secrets::NewVersion asked{.version_id = "v" + std::to_string(version),
                                    .labels = {secrets::kCurrent}};
    SR_CHECK_OK(secrets_.put(transaction, view, asked, bytes, clock_.now()));
    return {};
  }

  const SeedPlan& plan_;
  barrier::SealedStore& store_;
  SystemRandom random_;
  SystemClock clock_;
  keys::Keys keys_;
  secrets::Secrets secrets_;
  std::string key_id_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::optional<Error> failure_;
};

}  // namespace

Result<void> seed(const SeedPlan& plan) {
  SystemRandom random;
  SystemClock clock;
  SR_TRY(
      barrier::UnsealedDirectory opened,
      barrier::open_data_directory(plan.data_directory, barrier::Mode::kDev, barrier::DevSecret{}));
  SR_TRY(const auto engine, store_lmdb::open({.directory = plan.data_directory + "/store"}));
  SR_TRY(const auto store, barrier::open_sealed_store(*engine, std::move(opened.keys),
                                                      {.cluster = opened.superblock.cluster,
                                                       .clock = clock,
                                                       .random = random,
                                                       .background_check = false}));
  return Seeder(plan, *store).run();
}

Result<std::uint64_t> store_revision(const std::string& data_directory) {
  SR_TRY(const auto engine,
         store_lmdb::open({.directory = data_directory + "/store", .read_only = true}));
  SR_TRY(const auto snapshot, engine->snapshot());
  return static_cast<std::uint64_t>(snapshot->revision());
}

}  // namespace strongroom::bench
