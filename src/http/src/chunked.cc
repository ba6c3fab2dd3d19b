#include "chunked.h"

#include <algorithm>
#include <cstring>

#include "refusals.h"
#include "strongroom/base/limits.h"

namespace strongroom::http {
namespace {

constexpr std::size_t kSizeDigitsMax = 8;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedBody::Step ChunkedBody::line_end(const char* data, std::size_t end,
                                        const Refusal*& refusal) {
  constexpr char kLineEnd[2] = {'\r', '\n'};
  const std::size_t there = std::min<std::size_t>(end - raw, 2);
  if (std::memcmp(data + raw, kLineEnd, there) != 0) {
    refusal = &refusals::kChunk;
    return Step::kRefused;
  }
  if (there < 2) return Step::kNeedMore;
  raw += 2;
  return Step::kGoOn;
}

ChunkedBody::Step ChunkedBody::size_line(const char* data, std::size_t end,
                                         const Refusal*& refusal) {
  const std::size_t start = raw;
  std::size_t at = start;
  std::size_t value = 0;
  for (int digit = 0; at < end && (digit = hex_value(data[at])) >= 0; ++at) {
    if (at - start == kSizeDigitsMax) {
      refusal = &refusals::kChunk;
      return Step::kRefused;
    }
    value = value * 16 + static_cast<std::size_t>(digit);
  }
  if (at == end) return Step::kNeedMore;
  if (at == start) {
    refusal = &refusals::kChunk;
    return Step::kRefused;
  }
  raw = at;
  if (const Step step = line_end(data, end, refusal); step != Step::kGoOn) {
    raw = start;
    return step;
  }
  if (value > size_max - size) {
    refusal = &refusals::kBodyTooLarge;
    return Step::kRefused;
  }
  left = value;
  expects = value == 0 ? Expects::kFinalLine : Expects::kData;
  return Step::kGoOn;
}

ChunkedBody::Step ChunkedBody::data_bytes(char* data, std::size_t end) {
  const std::size_t now = std::min(left, end - raw);
  std::memmove(data + begin + size, data + raw, now);
  size += now;
  raw += now;
  left -= now;
  if (left != 0) return Step::kNeedMore;
  expects = Expects::kDataEnd;
  return Step::kGoOn;
}

bool ChunkedBody::run(char* data, std::size_t end, const Refusal*& refusal) {
  refusal = nullptr;
  Step step = Step::kGoOn;
  while (step == Step::kGoOn) {
    switch (expects) {
      case Expects::kSizeLine:
        step = size_line(data, end, refusal);
        break;
      case Expects::kData:
        step = data_bytes(data, end);
        break;
      case Expects::kDataEnd:
        step = line_end(data, end, refusal);
        if (step == Step::kGoOn) expects = Expects::kSizeLine;
        break;
      case Expects::kFinalLine:
        step = line_end(data, end, refusal);
        if (step == Step::kGoOn) step = Step::kComplete;
        break;
    }
  }
  return step == Step::kComplete;
}

}  // namespace strongroom::http
