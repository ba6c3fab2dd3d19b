#pragma once
// Instances to stored bodies and back (schema/instance.fbs). A body was authenticated by the
// barrier; its form is verified here once per opened record.

#include <string>
#include <vector>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/crypto/x509.h"
#include "strongroom/instances/model.h"

namespace strongroom::instances {

std::string encode(const Instance& instance);
/// kCorrupt if the form is not that of schema/instance.fbs.
Result<Instance> decode(const barrier::RecordRef& record);

/// What every call at the instance needs, without copies.
struct Usability {
  Status status;
  Instant end;
  std::uint32_t spec;
  std::uint32_t renewal_months;
};
Result<Usability> decode_usability(const barrier::RecordRef& record);

/// Puts the authority's row; the body is wiped again.
void put_authority(barrier::Transaction& transaction, const Instance& instance,
                   const crypto::IssuedCertificate& authority);
Result<crypto::IssuedCertificate> decode_authority(const barrier::RecordRef& record);
Result<std::string> decode_authority_certificate(const barrier::RecordRef& record);

std::string encode_roster(const std::vector<Enrolled>& roster);
Result<std::vector<Enrolled>> decode_roster(const barrier::RecordRef& record);

}  // namespace strongroom::instances
