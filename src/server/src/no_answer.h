#pragma once
// An answer that is written into nothing.

#include "strongroom/service/answer_writer.h"

namespace strongroom::server {

/// For calls whose answer nobody reads.
class NoAnswer final : public service::AnswerWriter {
 public:
  void field(std::string_view, std::string_view) override {}
  void field(std::string_view, const char*) override {}
  void number(std::string_view, std::int64_t) override {}
  void boolean(std::string_view, bool) override {}
  void secret(std::string_view, const SecretBytes&) override {}
  void begin_object(std::string_view) override {}
  void end_object() override {}
  void begin_list(std::string_view, std::string_view) override {}
  void end_list() override {}
  void begin_flat_list(std::string_view) override {}
  void end_flat_list() override {}
  void item(std::string_view) override {}
  void begin_item() override {}
  void end_item() override {}
};

}  // namespace strongroom::server
