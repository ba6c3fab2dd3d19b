#include "recording.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "lmdb_error.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/log.h"

namespace strongroom::store_lmdb {
namespace {

/// Takes fields off the front of a file's text; `damaged` once something is missing.
struct Fields {
  std::string_view rest;
  bool damaged = false;

  std::string_view bytes(std::size_t count) {
    if (damaged || rest.size() < count) {
      damaged = true;
      return {};
    }
    const std::string_view taken = rest.substr(0, count);
    rest.remove_prefix(count);
    return taken;
  }
  std::uint32_t u32() {
    const std::string_view taken = bytes(4);
    return damaged ? 0 : load_u32(taken.data());
  }
  std::uint16_t u16() {
    const std::string_view taken = bytes(2);
    return damaged ? std::uint16_t{0} : load_u16(taken.data());
  }
};

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (file.get() < 0) return std::unexpected(system_error(errno, "open the recording " + path));
  return std::unique_ptr<Recorder>(new Recorder(std::move(file)));
}

void Recorder::add(std::uint32_t changes, const std::vector<store::Write>& rows) {
  if (broken_) return;
  std::string entry;
  append_u32(entry, changes);
  append_u32(entry, static_cast<std::uint32_t>(rows.size()));
  for (const store::Write& row : rows) {
    append_u16(entry, static_cast<std::uint16_t>(row.key.size()));
    entry += row.key;
    append_u32(entry, row.record ? static_cast<std::uint32_t>(row.record->size()) : kDeleted);
  }
  if (::write(file_.get(), entry.data(), entry.size()) != static_cast<ssize_t>(entry.size())) {
    broken_ = true;
    log::warn("store_recording_stopped");
  }
}

Result<std::vector<RecordedGroup>> read_recording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(system_error(errno, "open the recording " + path));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<RecordedGroup> groups;
  Fields fields{text};
  while (!fields.rest.empty() && !fields.damaged) {
    RecordedGroup& group = groups.emplace_back();
    group.start = text.size() - fields.rest.size();
    group.changes = fields.u32();
    const std::uint32_t rows = fields.u32();
    for (std::uint32_t i = 0; i < rows && !fields.damaged; ++i) {
      std::string key(fields.bytes(fields.u16()));
      group.rows.push_back({std::move(key), fields.u32()});
    }
  }
  if (fields.damaged) {
    return fail(ErrorKind::kInvalidInput, "RecordingDamaged", path + " ends within a group");
  }
  return groups;
}

}  // namespace strongroom::store_lmdb
