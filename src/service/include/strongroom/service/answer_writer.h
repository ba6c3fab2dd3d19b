#pragma once
// The answer of an operation, said once and written as JSON or XML by the gateway that asked.
// Fields go out in the order they are written; nesting is the handler's to balance. One thread.

#include <cstdint>
#include <string_view>

#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::service {

class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;

  virtual void field(std::string_view name, std::string_view value) = 0;
  virtual void field(std::string_view name, const char* value) = 0;
  virtual void number(std::string_view name, std::int64_t value) = 0;
  virtual void boolean(std::string_view name, bool value) = 0;
  /// The one way plaintext enters an answer. `value` must be UTF-8 (values are checked when
  /// stored).
  virtual void secret(std::string_view name, const SecretBytes& value) = 0;

  virtual void begin_object(std::string_view name) = 0;
  virtual void end_object() = 0;

  /// Wrapped lists, the usual form: {"VersionStages":{"VersionStage":[…]}}; XML repeats
  /// <VersionStage> in the wrapper.
  virtual void begin_list(std::string_view wrapper, std::string_view item) = 0;
  virtual void end_list() = 0;
  /// Flat lists, the exceptions of openapi.md §1.3: {"SecretValues":[…]}.
  virtual void begin_flat_list(std::string_view name) = 0;
  virtual void end_flat_list() = 0;
  /// Elements of the list that is open.
  virtual void item(std::string_view value) = 0;
  virtual void begin_item() = 0;
  virtual void end_item() = 0;
};

}  // namespace strongroom::service
