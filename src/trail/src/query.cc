#include <algorithm>
#include <array>

#include "strongroom/trail/access_log.h"

namespace strongroom::trail {
namespace {

using audit_format::Condition;

constexpr std::size_t kQueryBytesMax = 4'096;
constexpr std::string_view kFingerprintPrefix = "sha256-";

struct Mapping {
  std::string_view field;  // of the access log
  std::array<std::string_view, 2> entry_fields;
};

constexpr Mapping kMappings[] = {
    {"time", {"time", ""}},
    {"request_id", {"request_id", ""}},
    {"region_id", {"region", ""}},
    {"instance_id", {"instance", ""}},
    {"user_id", {"account", ""}},
    {"account_id", {"account", ""}},
    {"principal_id", {"principal_id", "principal_name"}},
    {"access_key_id", {"access_key_id", ""}},
    {"api_name", {"action", ""}},
    {"share_gateway_api_name", {"action", ""}},
    {"api_version", {"api_version", ""}},
    {"client_ip", {"source_ip", ""}},
    {"useragent", {"user_agent", ""}},
    {"resource_id", {"resource_id", "key_id"}},
    {"cmkid", {"key_id", ""}},
    {"key_spec", {"key_spec", ""}},
    {"key_version_id", {"version_id", ""}},
    {"status_code", {"status", ""}},
    {"error_code", {"error_code", ""}},
};

// What a word without a field is compared with.
constexpr std::string_view kWordFields[] = {
    "access_key_id", "request_id", "action",     "principal_id", "principal_name",
    "account",       "source_ip",  "user_agent", "resource_id",  "key_id",
    "version_id",    "error_code", "status",     "instance"};

struct IdentityName {
  std::string_view wire;
  std::string_view entry;
};
constexpr IdentityName kIdentityNames[] = {{"cloud-account", "root-account"},
                                           {"ram-role", "assumed-role"},
                                           {"aap", "client-key"},
                                           {"ram-user", "ram-user"}};

std::unexpected<Error> invalid(std::string_view why) {
  return fail(ErrorKind::kInvalidInput, "ParameterInvalid",
              "The query is not one that this log answers: " + std::string(why) +
                  " Use field: value and field: value, with whole values.");
}

Condition always() {
  return {.any = {{"time", ""}}, .negated = true};  // every entry has a time
}
Condition never() {
  return {.any = {}, .negated = false};
}

Result<Condition> condition_of(std::string_view field, std::string_view value) {
  if (field.empty()) {
    Condition any;
    for (const std::string_view name : kWordFields)
      any.any.push_back({std::string(name), std::string(value)});
    return any;
  }
  for (const Mapping& mapping : kMappings) {
    if (mapping.field != field) continue;
    Condition found;
    for (const std::string_view name : mapping.entry_fields) {
      if (!name.empty()) found.any.push_back({std::string(name), std::string(value)});
    }
    return found;
  }
  if (field == "identity_type") {
    const auto known = std::ranges::find(kIdentityNames, value, &IdentityName::wire);
    if (known == std::end(kIdentityNames)) return never();
    return Condition{.any = {{"principal_type", std::string(known->entry)}}};
  }
  if (field == "access_key_fingerprint") {
    if (value.starts_with(kFingerprintPrefix)) value.remove_prefix(kFingerprintPrefix.size());
    return Condition{.any = {{"key_fingerprint", std::string(value)}}};
  }
  if (field == "gateway_type")
    return Condition{.any = {{"instance", ""}}, .negated = value == "dedicated"};
  if (field == "level") return value == "INFO" ? always() : never();
  if (field == "version") return value == "V1.0" ? always() : never();
  return invalid("it has no field \"" + std::string(field) + "\".");
}

/// Words, quoted texts and colons, one after the other.
class Tokens {
 public:
  struct Token {
    std::string text;
    bool quoted = false;
  };
  explicit Tokens(std::string_view query) : rest_(query) {}

  Result<std::vector<Token>> all() {
    std::vector<Token> tokens;
    while (true) {
      while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
      if (rest_.empty()) return tokens;
      if (rest_.front() == '"') {
        SR_TRY(std::string text, take_quoted());
        tokens.push_back({std::move(text), true});
      } else if (rest_.front() == ':') {
        rest_.remove_prefix(1);
        tokens.push_back({":", false});
      } else {
        SR_TRY(std::string text, take_word(tokens));
        tokens.push_back({std::move(text), false});
      }
    }
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  Result<std::string> take_quoted() {
    std::string text;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      text += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return invalid("a quote is not closed.");
    rest_.remove_prefix(1);
    return text;
  }

  /// A value may hold colons (an ARN, an IPv6 address); a field's name ends at one.
  Result<std::string> take_word(const std::vector<Token>& before) {
    const bool is_value = !before.empty() && !before.back().quoted && before.back().text == ":";
    std::size_t end = 0;
    while (end < rest_.size() && !is_blank(rest_[end]) && (is_value || rest_[end] != ':')) ++end;
    std::string word(rest_.substr(0, end));
    if (word.find_first_of("()|?[]<>") != std::string::npos ||
        (word.contains('*') && word != "*")) {
      return invalid("wildcards, ranges, parentheses and SQL are not offered.");
    }
    rest_.remove_prefix(end);
    return word;
  }

  std::string_view rest_;
};

class Parser {
 public:
  explicit Parser(std::vector<Tokens::Token> tokens) : tokens_(std::move(tokens)) {}

  Result<std::vector<Condition>> run() {
    while (at_ < tokens_.size()) {
      SR_TRY(Condition condition, one());
      conditions_.push_back(std::move(condition));
      if (at_ >= tokens_.size()) break;
      if (is_word("or")) {
        ++at_;
        ++ors_;
      } else {
        ++ands_;
        if (is_word("and")) ++at_;
      }
      if (at_ >= tokens_.size()) return invalid("it ends behind a connective.");
    }
    if (ors_ == 0) return std::move(conditions_);
    if (ands_ > 0) return invalid("and and or cannot be mixed.");
    Condition joined;
    for (Condition& condition : conditions_) {
      if (condition.negated) return invalid("or cannot be mixed with not.");
      std::ranges::move(condition.any, std::back_inserter(joined.any));
    }
    return std::vector<Condition>{std::move(joined)};
  }

 private:
  bool is_word(std::string_view word) const {
    return at_ < tokens_.size() && !tokens_[at_].quoted && tokens_[at_].text == word;
  }

  Result<Condition> one() {
    const bool negated = is_word("not");
    if (negated) ++at_;
    if (at_ >= tokens_.size()) return invalid("it ends behind not.");
    if (is_word("*")) {
      ++at_;
      return negated ? never() : always();
    }
    std::string field;
    std::string value = tokens_[at_++].text;
    if (is_word(":")) {
      ++at_;
      if (at_ >= tokens_.size()) return invalid("a field has no value.");
      field = std::exchange(value, tokens_[at_++].text);
    }
    if (value.empty()) return invalid("a value is empty.");
    if (value == "*" && !field.empty()) {
      SR_TRY(Condition present, condition_of(field, ""));
      present.negated = !negated;
      return present;
    }
    SR_TRY(Condition found, condition_of(field, value));
    if (negated) found.negated = !found.negated;
    return found;
  }

  std::vector<Tokens::Token> tokens_;
  std::size_t at_ = 0;
  std::size_t ors_ = 0;
  std::size_t ands_ = 0;
  std::vector<Condition> conditions_;
};

}  // namespace

Result<std::vector<Condition>> parse_query(std::string_view query) {
  if (query.size() > kQueryBytesMax) return invalid("it is too long.");
  SR_TRY(auto tokens, Tokens(query).all());
  return Parser(std::move(tokens)).run();
}

}  // namespace strongroom::trail
