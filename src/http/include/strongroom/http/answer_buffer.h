#pragma once
// One HTTP answer under construction: the body is appended first, the head is then put in front of
// it, and the whole is one contiguous run of bytes for one TLS write. Wiped when reset. One thread.
//
// Capacity is reserved once and never grows, so no copy of a value is left behind by reallocation;
// pages are only touched as they are used.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "strongroom/base/name_value.h"

namespace strongroom::http {

inline constexpr std::size_t kAnswerBytesMax =
    4U << 20;  // BatchGetSecretValue of 20 values, every byte escaped
inline constexpr std::size_t kAnswerHeadBytesMax = 1024;
inline constexpr std::size_t kAnswerTailBytesMax = 1024;  // of these: what closes a body

class AnswerBuffer {
 public:
  AnswerBuffer();
  ~AnswerBuffer();  // wipes
  AnswerBuffer(const AnswerBuffer&) = delete;
  AnswerBuffer& operator=(const AnswerBuffer&) = delete;

  /// Append the body here and nowhere else; never shrink it below what body_begin() was. Appending
  /// past kAnswerBytesMax is a defect and ends the process in finish(), as a field value with a
  /// line break does.
  std::string& body() { return bytes_; }
  /// Where the body starts in body(): kAnswerHeadBytesMax.
  static std::size_t body_begin() { return kAnswerHeadBytesMax; }
  /// Whether the body is so long that nothing but clear_body() or reset() may follow, its end
  /// apart (kAnswerTailBytesMax). For lists that know no pages: values never come near it.
  bool overflowed() const {
    return bytes_.size() > kAnswerHeadBytesMax + kAnswerBytesMax - kAnswerTailBytesMax;
  }
  /// Forgets (and wipes) what was appended since reset(). A body that grew past the buffer left
  /// copies behind.
  void clear_body();

  /// Writes status line and fields in front of the body (Content-Length, Content-Type unless empty,
  /// Connection: close if `close`, and `extra`); together at most kAnswerHeadBytesMax. The view is
  /// valid until reset().
  std::string_view finish(int status, std::string_view content_type,
                          std::span<const NameValue> extra, bool close);

  /// What finish() returned; empty if it was not called since reset().
  std::string_view finished() const { return finished_; }

  /// Wipes the used bytes and makes the buffer ready for the next answer.
  void reset();

 private:
  void take_memory();

  std::string bytes_;
  std::string_view finished_;
  const char* home_ = nullptr;  // bytes_ must still be there when an answer is finished
};

}  // namespace strongroom::http
