#include "strongroom/audit/log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>
#include <utility>

#include "encode.h"
#include "open_log.h"
#include "sequencer.h"
#include "spool.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "tree_files.h"
#include "volume_keeper.h"

namespace strongroom::audit {
namespace {

using audit_format::Hash;

constexpr std::size_t kIdleBatchBytes = 1U << 20;  // a batch buffer larger than this is given back
constexpr std::size_t kRememberedSegments = 2;     // committed segments whose leaves are known

struct HashOfHash {
  std::size_t operator()(const Hash& hash) const {
    std::size_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | hash[i];
    return value;
  }
};

/// The leaves of the newest committed segments.
class KnownLeaves {
 public:
  void add(std::uint64_t segment, const Hash& leaf) {
    if (groups_.empty() || groups_.back().segment != segment) {
      groups_.push_back({.segment = segment, .leaves = {}});
      if (groups_.size() > kRememberedSegments) groups_.pop_front();
    }
    groups_.back().leaves.insert(leaf);
  }
  bool contains(const Hash& leaf) const {
    for (const Group& group : groups_) {
      if (group.leaves.contains(leaf)) return true;
    }
    return false;
  }

 private:
  struct Group {
    std::uint64_t segment;
    std::unordered_set<Hash, HashOfHash> leaves;
  };
  std::deque<Group> groups_;
};

/// Appends frames to segments of one kind: the common part of reads and mutations.
class FrameAppender {
 public:
  FrameAppender(char kind, Spool& spool, Io& io) : kind_(kind), spool_(spool), io_(io) {}
  ~FrameAppender() { close(); }
  FrameAppender(const FrameAppender&) = delete;
  FrameAppender& operator=(const FrameAppender&) = delete;

  /// One write of whole frames, which get the segment's mark, synced if wanted. On an error nothing
  /// counts and the next write starts a new segment.
  Result<void> append(std::span<char> frames, bool synced) {
    if (segment_ &&
        segment_->written.load(std::memory_order_relaxed) + frames.size() > segment_->capacity) {
      close();
    }
    if (!segment_) {
      SR_TRY(segment_, spool_.take(kind_, frames.size()));
    }
    audit_format::mark_spool_frames(frames, segment_->mark);
    const std::uint64_t offset = segment_->written.load(std::memory_order_relaxed);
    const ssize_t written =
        io_.write_at(segment_->file.get(), {frames.data(), frames.size()}, offset);
    if (written != static_cast<ssize_t>(frames.size())) {
      const int error = written < 0 ? errno : ENOSPC;
      const std::string path = segment_->path;
      close();
      return io_error("write", path, error);
    }
    if (synced) must_sync(io_, segment_->file.get());
    segment_->written.store(offset + frames.size(), std::memory_order_release);
    return {};
  }

  /// The number of the segment that the last append went to.
  std::uint64_t segment_number() const { return segment_->number; }
  /// True if the segment is more than half full, so that a spare one will soon be wanted.
  bool wants_spare() const {
    return segment_ && segment_->written.load(std::memory_order_relaxed) > segment_->capacity / 2;
  }

  void close() {
    if (segment_) segment_->closed.store(true, std::memory_order_release);
    segment_ = nullptr;
  }

 private:
  const char kind_;
  Spool& spool_;
  Io& io_;
  SegmentPtr segment_;
};

class LogImpl final : public Log {
 public:
  LogImpl(Config config, Descriptor lock, TreeFiles tree, crypto::Ed25519Signer signer, Io& io)
      : config_(std::move(config)),
        io_(io),
        keeper_(config_.directory, config_.origin, std::move(signer), io_),
        lock_(std::move(lock)),
        tree_(std::move(tree)),
        spool_(config_.directory, io_),
        committed_(kCommitted, spool_, io_) {}

  ~LogImpl() override;

  Result<void> recover() {
    SR_CHECK_OK(spool_.recover(tree_.segments(), [this](std::uint64_t number, const Hash& leaf) {
      known_.add(number, leaf);
    }));
    sequencer_ = std::make_unique<Sequencer>(tree_, spool_);
    SR_CHECK_OK(sequencer_->pass({}));
    publish_head();
    return {};
  }
  void start() {
    thread_ = std::thread([this] { run(); });
  }

  std::unique_ptr<Writer> make_writer() override;
  Result<void> append_committed(std::span<const std::string> leaves) override;
  Result<std::string> prove(const std::string& leaf) override {
    SR_CHECK_OK(settle_within(std::chrono::milliseconds(limits::kReceiptMillisMax)));
    SR_TRY(auto log, audit_format::LogDirectory::open(config_.directory));
    SR_TRY(const audit_format::Proof proof, log.prove_newest(leaf));
    return audit_format::encode_proof(proof);
  }
  Result<Maintenance> maintain(Instant keep_from) override {
    std::uint64_t open_volume = 0;
    {
      const std::lock_guard lock(mutex_);
      open_volume = open_volume_;
    }
    return keeper_.run(open_volume, keep_from);
  }
  TreeHead head() const override {
    const std::lock_guard lock(mutex_);
    return head_;
  }
  Result<TreeHead> settle() override { return await_pass(std::nullopt); }
  Result<TreeHead> settle_within(std::chrono::milliseconds most) override {
    return await_pass(most);
  }
  bool healthy() const override {
    return !writing_fails_.load(std::memory_order_relaxed) &&
           !merging_fails_.load(std::memory_order_relaxed);
  }

  Spool& spool() { return spool_; }
  Io& io() { return io_; }
  bool synced() const { return config_.durability == Durability::kSynced; }
  void want_spare() { spare_wanted_.store(true, std::memory_order_relaxed); }
  /// What a writer's append came to.
  void note_write(const Result<void>& outcome);

 private:
  /// kUnavailable if it takes longer.
  Result<TreeHead> await_pass(std::optional<std::chrono::milliseconds> most);
  void run();
  void pass();
  void care_for_spare();
  void publish_head();

  const Config config_;
  Io& io_;
  VolumeKeeper keeper_;
  const Descriptor lock_;  // holds flock(2)
  TreeFiles tree_;
  Spool spool_;
  std::unique_ptr<Sequencer> sequencer_;  // the sequencer thread's, after start()

  std::mutex committed_mutex_;
  FrameAppender committed_;
  KnownLeaves known_;

  std::atomic<bool> writing_fails_{false};
  std::atomic<bool> merging_fails_{false};
  std::atomic<bool> spare_wanted_{false};

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable passed_;
  bool stop_ = false;
  std::uint64_t asked_ = 0;   // settle() calls so far
  std::uint64_t served_ = 0;  // of these, how many a whole pass came after
  Result<void> last_pass_;
  TreeHead head_;
  std::uint64_t open_volume_ = 0;
  std::thread thread_;
};

class WriterImpl final : public Writer {
 public:
  explicit WriterImpl(LogImpl& log) : log_(log), appender_(kReads, log.spool(), log.io()) {}

  void add(const Record& record) override {
    append_frame(batch_, record);
    if (batch_.size() >= limits::kAuditBatchBytesMax) write();
  }

  void add_encoded(std::string_view leaf) override {
    SR_CHECK(!leaf.empty() && leaf.size() <= limits::kAuditRecordBytesMax);
    append_frame(batch_, leaf);
    if (batch_.size() >= limits::kAuditBatchBytesMax) write();
  }

  Result<void> flush() override {
    if (!batch_.empty()) write();
    return std::exchange(outcome_, {});
  }

 private:
  void write() {
    auto outcome = appender_.append(batch_, log_.synced());
    if (batch_.capacity() > kIdleBatchBytes) {
      batch_ = std::string();
    } else {
      batch_.clear();
    }
    log_.note_write(outcome);
    if (appender_.wants_spare()) log_.want_spare();
    if (!outcome) outcome_ = std::move(outcome);
  }

  LogImpl& log_;
  FrameAppender appender_;
  std::string batch_;
  Result<void> outcome_;  // of this turn's early writes
};

std::unique_ptr<Writer> LogImpl::make_writer() {
  return std::make_unique<WriterImpl>(*this);
}

LogImpl::~LogImpl() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  committed_.close();
  // The first pass takes in what was left and deletes segments; the second drops their lines from
  // the resume file.
  for (int i = 0; i < 2; ++i) {
    const auto outcome = sequencer_->pass({});
    if (!outcome) log::error("audit_merge_failed", {{"reason", outcome.error().message()}});
  }
  spool_.drop_spares();
}

void LogImpl::note_write(const Result<void>& outcome) {
  if (outcome) {
    if (writing_fails_.load(std::memory_order_relaxed)) writing_fails_.store(false);
    return;
  }
  if (writing_fails_.exchange(true)) return;
  log::error("audit_write_failed", {{"reason", outcome.error().message()}});
  spool_.drop_spares();  // the sequencer tries the disk by making one
}

Result<void> LogImpl::append_committed(std::span<const std::string> leaves) {
  const std::lock_guard lock(committed_mutex_);
  std::string frames;
  std::vector<Hash> added;
  for (const std::string& leaf : leaves) {
    if (leaf.empty() || leaf.size() > limits::kAuditRecordBytesMax) {
      return fail(ErrorKind::kInvalidInput, "AuditLeaf", "this is not an encoded audit record");
    }
    const Hash hash = audit_format::leaf_hash(as_bytes(leaf));
    if (known_.contains(hash) || std::ranges::find(added, hash) != added.end()) continue;
    append_frame(frames, leaf);
    added.push_back(hash);
  }
  if (frames.empty()) return {};
  const auto outcome = committed_.append(frames, true);
  note_write(outcome);
  SR_CHECK_OK(outcome);
  for (const Hash& hash : added) known_.add(committed_.segment_number(), hash);
  return {};
}

Result<TreeHead> LogImpl::await_pass(std::optional<std::chrono::milliseconds> most) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = ++asked_;
  wake_.notify_all();
  const auto over = [&] { return served_ >= ticket || stop_; };
  if (!most) {
    passed_.wait(lock, over);
  } else if (!passed_.wait_for(lock, *most, over)) {
    return fail(ErrorKind::kUnavailable, "AuditSlow", "the audit log's tree is not there in time");
  }
  if (served_ < ticket) {
    return fail(ErrorKind::kUnavailable, "AuditStopped", "the audit log is being closed");
  }
  SR_CHECK_OK(last_pass_);
  return head_;
}

void LogImpl::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    wake_.wait_for(lock, std::chrono::milliseconds(limits::kAuditMergeMillis),
                   [&] { return stop_ || asked_ > served_; });
    if (stop_) break;
    lock.unlock();
    pass();
    lock.lock();
  }
  passed_.notify_all();
}

void LogImpl::pass() {
  std::uint64_t asked = 0;
  {
    const std::lock_guard lock(mutex_);
    asked = asked_;
  }
  auto outcome = sequencer_->pass([this](std::chrono::microseconds rest) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, rest, [&] { return stop_ || asked_ > served_; });
  });
  if (!outcome && !merging_fails_.load()) {
    log::error("audit_merge_failed", {{"reason", outcome.error().message()}});
  }
  merging_fails_.store(!outcome);
  care_for_spare();
  publish_head();
  const std::lock_guard lock(mutex_);
  served_ = asked;
  last_pass_ = std::move(outcome);
  passed_.notify_all();
}

void LogImpl::care_for_spare() {
  if (!writing_fails_.load() && !spare_wanted_.exchange(false)) return;
  const auto outcome = spool_.prepare_spare();
  // A segment could be made: the disk takes writes again.
  if (outcome && writing_fails_.exchange(false)) log::info("audit_write_recovered");
}

void LogImpl::publish_head() {
  const audit_format::TreeHead head = tree_.head();
  const std::lock_guard lock(mutex_);
  head_.size = head.size;
  head_.root_hash = std::string(as_chars(head.root));
  open_volume_ = tree_.open_volume();
}

Result<void> make_directory(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_error("make", path, errno);
  return {};
}

Result<Descriptor> lock_directory(const std::string& directory) {
  SR_TRY(auto lock,
         open_file(directory + '/' + std::string(audit_format::kLockFile), O_RDWR | O_CREAT));
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kConflict, "AuditLogInUse",
                "another process has the audit log " + directory + " open");
  }
  return lock;
}

}  // namespace

Result<std::unique_ptr<Log>> open_log(Config config, const SecretBytes& signing_seed, Io& io) {
  if (!audit_format::is_key_name(config.origin)) {
    return fail(ErrorKind::kInvalidInput, "AuditOrigin",
                "the audit log's origin may hold neither blanks nor '+'");
  }
  SR_TRY(auto signer, crypto::Ed25519Signer::from_seed(signing_seed));
  const audit_format::VerifierKey key{.name = config.origin, .public_key = signer.public_key()};
  SR_CHECK_OK(make_directory(config.directory));
  for (const std::string_view part :
       {audit_format::kEntriesDirectory, audit_format::kSpoolDirectory}) {
    SR_CHECK_OK(make_directory(config.directory + '/' + std::string(part)));
  }
  SR_TRY(auto lock, lock_directory(config.directory));
  SR_TRY(auto tree, TreeFiles::open(config.directory, config.origin, std::move(signer), io));
  SR_CHECK_OK(
      replace_file(io, config.directory, audit_format::kVerifierKeyFile, key.text() + '\n'));
  tree.set_volume_bytes(config.volume_bytes);
  SR_TRY(auto own_signer, crypto::Ed25519Signer::from_seed(signing_seed));
  auto log = std::make_unique<LogImpl>(std::move(config), std::move(lock), std::move(tree),
                                       std::move(own_signer), io);
  SR_CHECK_OK(log->recover());
  log->start();
  return log;
}

Result<std::unique_ptr<Log>> Log::open(Config config, const SecretBytes& signing_seed, Random&) {
  return open_log(std::move(config), signing_seed, Io::system());
}

}  // namespace strongroom::audit
