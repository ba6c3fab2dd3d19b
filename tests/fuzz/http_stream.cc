// A connection's bytes, cut at places that the input chooses: what is understood must not depend on
// the cuts.
//
// Input: a byte with the number of cuts, that many bytes (length of each piece, less one), then the
// stream.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/http/request.h"

namespace {

using strongroom::http::RequestReader;
using State = RequestReader::State;

void append(std::string& out, std::string_view part) {
  out.append(std::to_string(part.size())).append(":").append(part);
}

// Everything that callers can see of a request.
void describe(std::string& out, const strongroom::http::Request& request) {
  SR_CHECK(!request.path.empty());
  SR_CHECK(request.headers.size() <= strongroom::limits::kHeaderFieldsMax);
  SR_CHECK(request.body.size() <= strongroom::limits::kBodyBytesMax);
  append(out, request.method);
  append(out, request.path);
  append(out, request.query);
  for (const auto& header : request.headers) {
    SR_CHECK(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    append(out, header.name);
    append(out, header.value);
  }
  append(out, request.body);
  out += request.keep_alive ? "+\n" : "-\n";
}

class Connection {
 public:
  /// False once refused.
  bool feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::span<char> room = reader_.writable(bytes.size());
      if (room.empty()) return true;  // the limits leave no room: what follows is never read
      const std::size_t size = std::min(room.size(), bytes.size());
      std::memcpy(room.data(), bytes.data(), size);
      bytes.remove_prefix(size);
      State state = reader_.received(size);
      while (state == State::kReady) {
        describe(seen_, reader_.request());
        state = reader_.consume();
      }
      if (state == State::kRefused) {
        seen_ += "refused " + std::to_string(reader_.refusal().status);
        return false;
      }
    }
    return true;
  }
  const std::string& seen() const { return seen_; }

 private:
  RequestReader reader_;
  std::string seen_;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = strongroom::fuzz::text_of(data, size);
  std::vector<std::size_t> pieces(strongroom::fuzz::take_byte(rest) % 16);
  for (std::size_t& piece : pieces) piece = strongroom::fuzz::take_byte(rest) + 1;

  Connection whole;
  whole.feed(rest);
  Connection cut;
  bool open = true;
  for (const std::size_t piece : pieces) {
    const std::string_view part = rest.substr(0, piece);
    open = open && cut.feed(part);
    rest.remove_prefix(part.size());
  }
  if (open) cut.feed(rest);
  SR_CHECK(whole.seen() == cut.seen());
  return 0;
}
