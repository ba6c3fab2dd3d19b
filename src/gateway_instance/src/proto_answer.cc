#include "proto_answer.h"

#include <algorithm>

#include "strongroom/gateway/answer_reveal.h"

namespace strongroom::gateway_instance {
namespace {

class ProtoAnswer final : public service::AnswerWriter {
 public:
  ProtoAnswer(std::span<const Field> fields, std::string& out) : fields_(fields), out_(out) {}

  void field(std::string_view name, std::string_view value) override {
    const std::uint32_t number = number_of(name);
    if (number != 0 && !value.empty()) append_bytes(out_, number, value);
  }
  void field(std::string_view name, const char* value) override {
    field(name, std::string_view(value));
  }
  void number(std::string_view name, std::int64_t value) override {
    const std::uint32_t number = number_of(name);
    if (number != 0 && value != 0)
      append_varint_field(out_, number, static_cast<std::uint64_t>(value));
  }
  void boolean(std::string_view name, bool value) override { number(name, value ? 1 : 0); }
  void secret(std::string_view name, const SecretBytes& value) override {
    field(name, AnswerReveal::text(value));
  }

  // Repeated text is the only nesting that the messages know.
  void begin_list(std::string_view wrapper, std::string_view) override {
    list_ = number_of(wrapper);
  }
  void end_list() override { list_ = 0; }
  void begin_flat_list(std::string_view name) override { list_ = number_of(name); }
  void end_flat_list() override { list_ = 0; }
  void item(std::string_view value) override {
    if (list_ != 0) append_bytes(out_, list_, value);
  }
  void begin_object(std::string_view) override {}
  void end_object() override {}
  void begin_item() override {}
  void end_item() override {}

 private:
  std::uint32_t number_of(std::string_view name) const {
    const auto found = std::ranges::find(fields_, name, &Field::name);
    return found != fields_.end() ? found->number : 0;
  }

  std::span<const Field> fields_;
  std::string& out_;
  std::uint32_t list_ = 0;
};

}  // namespace

std::unique_ptr<service::AnswerWriter> make_proto_answer(std::span<const Field> fields,
                                                         std::string& out) {
  return std::make_unique<ProtoAnswer>(fields, out);
}

}  // namespace strongroom::gateway_instance
