#pragma once
// Ways to turn a signed request into one that nobody signed. Each way calls `offer` with a
// description and the forged request; how many there are depends on the request. Deterministic; one
// thread.

#include <functional>
#include <string>

#include "signed_request.h"

namespace strongroom::test {

using Offer = std::function<void(const std::string& what, const Wire& forged)>;

/// Bits flipped, cut, lengthened, emptied, in another alphabet.
void forge_signature_text(const Plan& plan, const Offer& offer);
/// Parameters changed, removed, renamed, duplicated, added, in query and body.
void forge_parameters(const Plan& plan, const Offer& offer);
/// ACS3: headers changed, removed, duplicated, folded; SignedHeaders rearranged.
void forge_headers(const Plan& plan, const Offer& offer);
/// Another method, path, body or scheme around the same signature.
void forge_frame(const Plan& plan, const Offer& offer);
/// Signed correctly, but with a wrong key, algorithm, date form or date.
void forge_signer(const Plan& plan, const Plan& stranger, std::int64_t now_ms, const Offer& offer);
/// `count` random edits of the request's bytes.
void forge_at_random(const Plan& plan, std::uint64_t seed, int count, const Offer& offer);

}  // namespace strongroom::test
