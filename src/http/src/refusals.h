#pragma once
// Every way in which this library refuses a message. The texts tell the sender what to change.

#include "strongroom/http/request.h"

namespace strongroom::http::refusals {

inline constexpr std::string_view kMalformed = "MalformedHttpRequest";

inline constexpr Refusal kControlByte{400, kMalformed,
                                      "The request head contains a control character."};
inline constexpr Refusal kTlsOnPlainPort{
    400, kMalformed,
    "This port speaks plain HTTP, and the client started TLS. Use http:// or another port."};
inline constexpr Refusal kBareLineBreak{400, kMalformed,
                                        "Lines of a request head must end with CR LF."};
inline constexpr Refusal kFoldedLine{400, kMalformed,
                                     "A header field must not continue on the next line."};
inline constexpr Refusal kEmptyFirstLine{400, kMalformed, "The request starts with an empty line."};
inline constexpr Refusal kSyntax{400, kMalformed, "The request head is not well-formed HTTP/1.1."};
inline constexpr Refusal kFieldName{400, kMalformed,
                                    "A header field name must be directly followed by a colon."};
inline constexpr Refusal kTarget{
    400, kMalformed,
    "The request target must be a path or an http(s) URL in ASCII without a fragment."};
inline constexpr Refusal kHostCount{400, kMalformed,
                                    "An HTTP/1.1 request must carry exactly one Host field."};
inline constexpr Refusal kHostValue{400, kMalformed,
                                    "The Host field is not a host name with an optional port."};
inline constexpr Refusal kHostMismatch{
    400, kMalformed, "The URL in the request line names another host than the Host field."};
inline constexpr Refusal kContentLength{
    400, kMalformed, "Content-Length must appear once and be a plain decimal number."};
inline constexpr Refusal kLengthAndEncoding{
    400, kMalformed, "Send either Content-Length or Transfer-Encoding, not both."};
inline constexpr Refusal kEncodingRepeated{400, kMalformed, "Transfer-Encoding must appear once."};
inline constexpr Refusal kEncodingVersion{400, kMalformed, "Transfer-Encoding needs HTTP/1.1."};
inline constexpr Refusal kChunk{
    400, kMalformed, "The chunked body is malformed, or has chunk extensions or trailers."};
inline constexpr Refusal kMethod{400, "UnsupportedHTTPMethod",
                                 "The HTTP method is not supported. Use GET or POST."};
inline constexpr Refusal kBodyTooLarge{413, "RequestBodyTooLarge",
                                       "The request body exceeds 256 KiB."};
inline constexpr Refusal kLineTooLong{
    414, "RequestLineTooLong",
    "The request line exceeds 256 KiB. Send the parameters in the body of a POST."};
inline constexpr Refusal kExpectation{417, "UnsupportedExpectation",
                                      "Only Expect: 100-continue is supported."};
inline constexpr Refusal kHeadTooLarge{431, "RequestHeadTooLarge",
                                       "The request head exceeds 256 KiB."};
inline constexpr Refusal kTooManyFields{431, "RequestHeadTooLarge",
                                        "The request has more than 100 header fields."};
inline constexpr Refusal kEncodingUnknown{501, "UnsupportedTransferEncoding",
                                          "The only supported transfer encoding is chunked."};
inline constexpr Refusal kVersion{505, "UnsupportedHttpVersion", "Use HTTP/1.1."};

}  // namespace strongroom::http::refusals
