#pragma once
// Access points to stored bodies and back (schema/access_point.fbs). A body was authenticated by
// the barrier; its form is verified here once per opened record. Decoding answers kCorrupt for
// another form.

#include <string>
#include <vector>

#include "strongroom/aap/model.h"
#include "strongroom/barrier/sealed_store.h"

namespace strongroom::aap {

std::string encode(const NetworkRule& rule);
std::string encode(const AccessPolicy& policy);
std::string encode(const AccessPoint& point);
std::string encode(const ClientKeyInfo& key);
std::string encode_role(const std::vector<std::string>& names);

Result<NetworkRule> decode_rule(const barrier::RecordRef& record);
Result<AccessPolicy> decode_policy(const barrier::RecordRef& record);
Result<AccessPoint> decode_point(const barrier::RecordRef& record);
Result<ClientKeyInfo> decode_client_key(const barrier::RecordRef& record);
/// What is kept of a key that was deleted then.
std::string encode_deleted(ClientKeyInfo key, Instant when);
Result<bool> is_deleted(const barrier::RecordRef& record);
Result<std::vector<std::string>> decode_role(const barrier::RecordRef& record);

}  // namespace strongroom::aap
