#include "forgeries.h"

#include <algorithm>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/time.h"

namespace strongroom::test {
namespace {

// `text` with the first `from` replaced.
std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  SR_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

struct Signature {
  Wire wire;
  std::string text;  // Base64 or hex

  explicit Signature(const Plan& plan) : wire(sign(plan)) {
    const std::string& holder = is_rpc(plan.algorithm) ? wire.query : wire.header("Authorization");
    const std::size_t at = holder.find("Signature=") + 10;
    text = holder.substr(at, holder.find('&', at) - at);
    if (is_rpc(plan.algorithm)) text = decoded(text);
  }
  static std::string decoded(const std::string& encoded) {
    std::string out;
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      if (encoded[i] == '%') {
        out += *hex_decode(encoded.substr(i + 1, 2));
        i += 2;
      } else {
        out += encoded[i];
      }
    }
    return out;
  }
  /// The request with `other` as its signature.
  Wire with(const Plan& plan, const std::string& other) const {
    Wire forged = wire;
    if (is_rpc(plan.algorithm)) {
      forged.query = replaced(forged.query, "Signature=" + percent_encode(text),
                              "Signature=" + percent_encode(other));
    } else {
      std::string& authorization = forged.header("Authorization");
      authorization = replaced(authorization, "Signature=" + text, "Signature=" + other);
    }
    return forged;
  }
};

// Each parameter of a query or form, cut at '&'.
std::vector<std::string> pieces_of(const std::string& text) {
  std::vector<std::string> pieces;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('&', at), text.size());
    pieces.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return pieces;
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& piece : pieces) text += (text.empty() ? "" : "&") + piece;
  return text;
}

// Everything that can be done to one list of parameters; `put` makes the request with the changed
// list.
void forge_list(const std::string& list, const std::function<Wire(const std::string&)>& put,
                const Offer& offer) {
  const std::vector<std::string> pieces = pieces_of(list);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t equals = pieces[i].find('=');
    const std::string name = pieces[i].substr(0, equals);
    const std::string value = pieces[i].substr(equals + 1);
    const auto with = [&](const std::string& what, const std::string& piece) {
      std::vector<std::string> changed = pieces;
      changed[i] = piece;
      offer(name + " " + what, put(joined(changed)));
    };
    std::vector<std::string> without = pieces;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    offer(name + " removed", put(joined(without)));
    with("emptied", name + "=");
    with("without its value", name);
    with("renamed", name + "x=" + value);
    with("in capitals", "X" + name + "=" + value);
    for (const char* tail : {"x", "%00", "%20", "+", "%0A", "%2B", "%25", "%26", "=", "%3D",
                             "%C3%A9", "%F0%9F%98%80", ";x=1"}) {
      with(std::string("with the tail ") + tail, pieces[i] + tail);
      with(std::string("with the head ") + tail, name + "=" + tail + value);
    }
    with("encoded twice", name + "=" + percent_encode(percent_encode(value) + "%"));
    for (const char* other : {"", "x", "0", "%2A"}) {
      with("duplicated behind", pieces[i] + "&" + name + "=" + value + other + "y");
      with("duplicated before", name + "=" + other + "y" + value + "&" + pieces[i]);
    }
    for (std::size_t at = 0; at < value.size(); ++at) {
      for (const char replacement : {'q', 'Q', '7'}) {
        std::string changed = value;
        if (changed[at] == replacement) continue;
        changed[at] = replacement;
        with("changed at " + std::to_string(at), name + "=" + changed);
      }
    }
    for (std::size_t k = i + 1; k < pieces.size(); ++k) {
      std::vector<std::string> swapped = pieces;
      const std::string other_name = pieces[k].substr(0, pieces[k].find('='));
      swapped[i] = name + "=" + pieces[k].substr(pieces[k].find('=') + 1);
      swapped[k] = other_name + "=" + value;
      offer(name + " and " + other_name + " swapped", put(joined(swapped)));
    }
  }
  for (const char* extra : {"Added=1", "ForceDeleteWithoutRecovery=true", "DryRun=true",
                            "SecurityToken=x", "=", "Tag.1.Key=k", "SignatureType=PRIVATEKEY",
                            "Signature=AAAA", "BearerToken=t", "action=DeleteSecret"}) {
    offer(std::string("added ") + extra, put(list + (list.empty() ? "" : "&") + extra));
  }
}

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2654435761U + 88172645463325252U) {}
  std::size_t below(std::size_t bound) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<std::size_t>(state_ % bound);
  }

 private:
  std::uint64_t state_;
};

constexpr std::string_view kHandy = "&=%+;,:/?# \taA0zZ9-_.~*!'()\"\\{}[]";

void edit(std::string& text, Dice& dice) {
  if (text.empty()) {
    text.push_back(kHandy[dice.below(kHandy.size())]);
    return;
  }
  const std::size_t at = dice.below(text.size());
  switch (dice.below(6)) {
    case 0:
      text[at] = static_cast<char>(text[at] ^ (1 << dice.below(7)));
      break;
    case 1:
      text[at] = kHandy[dice.below(kHandy.size())];
      break;
    case 2:
      text.erase(at, 1 + dice.below(4));
      break;
    case 3:
      text.insert(at, 1, kHandy[dice.below(kHandy.size())]);
      break;
    case 4:
      text.insert(at, text.substr(dice.below(text.size()), dice.below(24)));
      break;
    default:
      std::swap(text[at], text[dice.below(text.size())]);
      break;
  }
  // HTTP delivers neither.
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == '\0'; });
}

}  // namespace

void forge_signature_text(const Plan& plan, const Offer& offer) {
  const Signature base(plan);
  const bool rpc = is_rpc(plan.algorithm);
  const std::string bytes = rpc ? *base64_decode(base.text) : *hex_decode(base.text);
  const auto text_of = [&](const std::string& tag) {
    return rpc ? base64_encode(as_bytes(tag)) : hex_encode(as_bytes(tag));
  };
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    offer("signature bit " + std::to_string(bit), base.with(plan, text_of(flipped)));
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    offer("MAC cut to " + std::to_string(size), base.with(plan, text_of(bytes.substr(0, size))));
    offer("MAC zero from " + std::to_string(size),
          base.with(plan, text_of(bytes.substr(0, size) + std::string(bytes.size() - size, '\0'))));
  }
  for (std::size_t size = 0; size < base.text.size(); ++size) {
    offer("text cut to " + std::to_string(size), base.with(plan, base.text.substr(0, size)));
  }
  for (const std::string& tail :
       {std::string("="), std::string("A"), std::string("00"), std::string(" "), std::string("%"),
        std::string(64, '0'), std::string("\t"), std::string(",Signature=00")}) {
    offer("longer text", base.with(plan, base.text + tail));
    offer("longer text in front", base.with(plan, tail + base.text));
  }
  offer("MAC and more", base.with(plan, text_of(bytes + bytes)));
  offer("the other alphabet",
        base.with(plan, rpc ? hex_encode(as_bytes(bytes)) : base64_encode(as_bytes(bytes))));
}

void forge_parameters(const Plan& plan, const Offer& offer) {
  const Wire base = sign(plan);
  forge_list(
      base.query,
      [&](const std::string& list) {
        Wire forged = base;
        forged.query = list;
        return forged;
      },
      offer);
  if (plan.place != Place::kForm) return;
  forge_list(
      base.body,
      [&](const std::string& list) {
        Wire forged = base;
        forged.body = list;
        return forged;
      },
      offer);
}

void forge_headers(const Plan& plan, const Offer& offer) {
  const Wire base = sign(plan);
  for (std::size_t i = 0; i < base.headers.size(); ++i) {
    const auto& [name, value] = base.headers[i];
    if (name == "user-agent" || name == "User-Agent" || name == "Host") continue;  // not covered
    const auto with = [&](const std::string& what, const std::string& other) {
      Wire forged = base;
      forged.headers[i].second = other;
      offer(name + " " + what, forged);
    };
    Wire forged = base;
    forged.headers.erase(forged.headers.begin() + static_cast<std::ptrdiff_t>(i));
    offer(name + " removed", forged);
    for (const std::string& other : {value, value + "x", std::string(), std::string("x")}) {
      forged = base;
      forged.headers.emplace_back(name, other);
      offer(name + " duplicated", forged);
      std::rotate(forged.headers.begin(), forged.headers.end() - 1, forged.headers.end());
      offer(name + " duplicated in front", forged);
    }
    with("emptied", "");
    with("folded", value + " x");
    with("joined", value + "," + value);
    if (name == "Authorization") continue;
    for (std::size_t at = 0; at < value.size(); ++at) {
      for (const char replacement : {'q', '1', ' '}) {
        std::string changed = value;
        if (changed[at] == replacement) continue;
        changed[at] = replacement;
        with("changed at " + std::to_string(at), changed);
      }
      with("cut to " + std::to_string(at), value.substr(0, at));
    }
  }
  for (const char* header : {"x-acs-security-token", "x-acs-bearer-token", "x-acs-content-sm3"}) {
    Wire forged = base;
    forged.headers.emplace_back(header, "token");
    offer(std::string("added ") + header, forged);
  }
}

void forge_frame(const Plan& plan, const Offer& offer) {
  const Wire base = sign(plan);
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "HEAD", "post", "PATCH"}) {
    if (plan.method == method) continue;
    Wire forged = base;
    forged.method = method;
    offer(std::string("method ") + method, forged);
  }
  for (const char* path : {"/x", "//", "/%2F", "/.", "", "/?"}) {
    Wire forged = base;
    forged.path = path;
    offer(std::string("path ") + path, forged);
  }
  for (std::size_t at = 0; at < base.body.size(); ++at) {
    for (const int bit : {0, 3, 5}) {
      Wire forged = base;
      forged.body[at] = static_cast<char>(forged.body[at] ^ (1 << bit));
      offer("body byte " + std::to_string(at), forged);
    }
    Wire forged = base;
    forged.body.erase(at);
    offer("body cut to " + std::to_string(at), forged);
  }
  for (const char* tail : {"x", "&x=1", " ", "{\"SecretData\":\"evil\"}"}) {
    Wire forged = base;
    forged.body += tail;
    offer("body lengthened", forged);
    if (!plan.key_id.empty() && base.body.empty()) {
      forged.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
      offer("body added with a type", forged);
    }
  }
  if (is_rpc(plan.algorithm)) {
    for (const char* other :
         {"HMAC-SHA1", "HMAC-SHA256", "SHA256withRSA", "HMAC-MD5", "NONE", ""}) {
      const std::string own = plan.algorithm == Algorithm::kRpcSha1 ? "HMAC-SHA1" : "HMAC-SHA256";
      if (own == other) continue;
      Wire forged = base;
      forged.query =
          replaced(forged.query, "SignatureMethod=" + own, std::string("SignatureMethod=") + other);
      offer(std::string("method of signature ") + other, forged);
    }
    return;
  }
  for (const char* other :
       {"ACS3-HMAC-SHA256", "ACS3-HMAC-SM3", "ACS3-RSA-SHA256", "ACS4-HMAC-SHA256", "ACS3-NONE",
        "LOG", "acs", "Bearer", "ACS3-HMAC-SHA1", "acs3-hmac-sha256"}) {
    Wire forged = base;
    std::string& authorization = forged.header("Authorization");
    const std::string own = authorization.substr(0, authorization.find(' '));
    if (own == other) continue;
    authorization = replaced(authorization, own, other);
    offer(std::string("algorithm ") + other, forged);
  }
}

void forge_signer(const Plan& plan, const Plan& stranger, std::int64_t now_ms, const Offer& offer) {
  Plan other = plan;
  other.secret = stranger.secret;
  offer("signed with another account's secret", sign(other));
  other = plan;
  other.key_id = stranger.key_id;
  offer("sent under another account's key id", sign(other));
  for (const std::string& key :
       {std::string(), std::string("&"), plan.secret + "&&", plan.secret + "\n", plan.key_id,
        plan.key_id + "&", base64_encode(as_bytes(plan.secret)), plan.secret.substr(1),
        plan.secret + std::string(1, '\0') + "x",
        is_rpc(plan.algorithm) ? plan.secret : plan.secret + "&"}) {
    offer("another key of the MAC", sign_with_key(plan, key));
  }
  for (const std::int64_t minutes : {16, 20, 60, 24 * 60, 365 * 24 * 60}) {
    for (const std::int64_t sign_of : {-1, 1}) {
      other = plan;
      other.timestamp = format_utc({now_ms + sign_of * minutes * 60'000});
      offer("dated " + other.timestamp, sign(other));
    }
  }
  for (const char* form :
       {"2026-11-21T22:34:21", "2026-11-21 22:34:21Z", "2026-11-21T22:34:21.000Z", "1795300020",
        "now", "2026-11-21T22:34:21+00:00", "2026-02-30T00:00:00Z", "2026-11-21T24:34:21Z", " ",
        "Sat, 21 Nov 2026 22:34:21 GMT", "2026-11-21t22:34:21z", "20261121T223421Z"}) {
    other = plan;
    other.timestamp = form;
    offer(std::string("dated ") + form, sign(other));
  }
  other = plan;
  other.nonce = std::string(129, 'n');
  offer("a nonce of 129 characters", sign(other));
  other.nonce = std::string(100'000, 'n');
  offer("a huge nonce", sign(other));
}

void forge_at_random(const Plan& plan, std::uint64_t seed, int count, const Offer& offer) {
  const Wire base = sign(plan);
  Dice dice(seed);
  for (int i = 0; i < count; ++i) {
    Wire forged = base;
    for (std::size_t edits = 1 + dice.below(3); edits > 0; --edits) {
      switch (dice.below(4)) {
        case 0:
          edit(forged.query, dice);
          break;
        case 1:
          edit(forged.headers[dice.below(forged.headers.size())].second, dice);
          break;
        case 2:
          edit(forged.headers[dice.below(forged.headers.size())].first, dice);
          break;
        default:
          edit(forged.body.empty() ? forged.query : forged.body, dice);
          break;
      }
    }
    offer("edit " + std::to_string(i) + " of seed " + std::to_string(seed), forged);
  }
}

}  // namespace strongroom::test
