#include "qr_png.h"

#include <qrcodegen.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <span>
#include <string_view>

#include "reveal.h"
#include "strongroom/base/bytes.h"

namespace strongroom::identity {
namespace {

constexpr int kVersionMax = 12;  // 369 bytes at this correction: the longest device name fits
constexpr std::size_t kModulePixels = 4;
constexpr std::size_t kQuietModules = 4;  // ISO/IEC 18004: the border that scanners need
constexpr std::size_t kCodeBytes = qrcodegen_BUFFER_LEN_FOR_VERSION(kVersionMax);

/// Bytes on the stack that do not outlive their scope.
template <std::size_t N>
struct Scratch {
  std::array<std::uint8_t, N> bytes{};
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { explicit_bzero(bytes.data(), bytes.size()); }
};

Result<SecretBytes> take(std::string& text) {
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

void append_chunk(std::string& png, std::string_view type, std::string_view data) {
  append_u32(png, static_cast<std::uint32_t>(data.size()));
  const std::size_t from = png.size();
  png += type;
  png += data;
  const auto* bytes = reinterpret_cast<const Bytef*>(png.data() + from);
  append_u32(png,
             static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(png.size() - from))));
}

// RFC 1950 and 1951, stored: a QR code of noise does not shrink enough to be worth a compressor's
// copies of it.
void append_stored(std::string& out, std::string_view raw) {
  out += "\x78\x01";
  constexpr std::size_t kBlock = 65'535;
  for (std::size_t at = 0; at < raw.size(); at += kBlock) {
    const std::string_view block = raw.substr(at, kBlock);
    const auto size = static_cast<std::uint16_t>(block.size());
    out += at + kBlock >= raw.size() ? '\x01' : '\x00';
    for (const std::uint16_t number : {size, static_cast<std::uint16_t>(~size)}) {
      out += static_cast<char>(number & 0xFF);
      out += static_cast<char>(number >> 8);
    }
    out += block;
  }
  const auto* bytes = reinterpret_cast<const Bytef*>(raw.data());
  append_u32(out, static_cast<std::uint32_t>(
                      adler32(adler32(0, nullptr, 0), bytes, static_cast<uInt>(raw.size()))));
}

/// Scan lines, each after its filter byte; a set bit is white.
std::string lines_of(const std::uint8_t* code, std::size_t modules, std::size_t pixels) {
  const std::size_t row_bytes = (pixels + 7) / 8;
  std::string out;
  out.reserve(pixels * (row_bytes + 1));
  for (std::size_t y = 0; y < pixels; ++y) {
    std::string row(row_bytes + 1, '\0');
    for (std::size_t x = 0; x < pixels; ++x) {
      const std::size_t column = x / kModulePixels;
      const std::size_t line = y / kModulePixels;
      const bool inside = column >= kQuietModules && line >= kQuietModules &&
                          column < kQuietModules + modules && line < kQuietModules + modules;
      const bool dark =
          inside && qrcodegen_getModule(code, static_cast<int>(column - kQuietModules),
                                        static_cast<int>(line - kQuietModules));
      if (!dark) row[1 + x / 8] = static_cast<char>(row[1 + x / 8] | (0x80 >> (x % 8)));
    }
    out += row;
    explicit_bzero(row.data(), row.size());
  }
  return out;
}

/// The file; what it was made from is wiped.
std::string png_of(const std::uint8_t* code) {
  const auto modules = static_cast<std::size_t>(qrcodegen_getSize(code));
  const std::size_t pixels = (modules + 2 * kQuietModules) * kModulePixels;
  std::string header;
  append_u32(header, static_cast<std::uint32_t>(pixels));
  append_u32(header, static_cast<std::uint32_t>(pixels));
  header += std::string_view("\x01\x00\x00\x00\x00", 5);  // one bit, gray, not interlaced
  std::string lines = lines_of(code, modules, pixels);
  std::string data;
  data.reserve(lines.size() + 64);
  append_stored(data, lines);
  explicit_bzero(lines.data(), lines.size());
  std::string png;
  png.reserve(data.size() + 128);
  png += "\x89PNG\r\n\x1a\n";
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", data);
  append_chunk(png, "IEND", {});
  explicit_bzero(data.data(), data.size());
  return png;
}

}  // namespace

Result<SecretBytes> totp_qr_png(const SecretBytes& base32_seed, const std::string& label) {
  Scratch<kCodeBytes> data;
  Scratch<kCodeBytes> code;
  const std::string front = "otpauth://totp/Strongroom:" + percent_encode(label) + "?secret=";
  constexpr std::string_view kBack = "&issuer=Strongroom";
  const ByteView seed = IdentityReveal::view(base32_seed);
  const std::size_t size = front.size() + seed.size() + kBack.size();
  if (size > data.bytes.size()) return internal_error("identity: a device's name is too long");
  std::uint8_t* out = data.bytes.data();
  std::memcpy(out, front.data(), front.size());
  std::memcpy(out + front.size(), seed.data(), seed.size());
  std::memcpy(out + front.size() + seed.size(), kBack.data(), kBack.size());
  if (!qrcodegen_encodeBinary(out, size, code.bytes.data(), qrcodegen_Ecc_LOW,
                              qrcodegen_VERSION_MIN, kVersionMax, qrcodegen_Mask_AUTO, true)) {
    return internal_error("identity: a device's name is too long for a QR code");
  }
  std::string png = png_of(code.bytes.data());
  std::string text = base64_encode(as_bytes(png));
  explicit_bzero(png.data(), png.size());
  return take(text);
}

}  // namespace strongroom::identity
