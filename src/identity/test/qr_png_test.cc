// The PNG is read back with the sums and streams of its standard.

#include "qr_png.h"

#include <gtest/gtest.h>
#include <qrcodegen.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/test/reveal.h"

namespace strongroom::identity {
namespace {

struct Image {
  std::uint32_t pixels = 0;
  std::string lines;
};

// Every chunk with its CRC; the lines inflated by zlib.
Image read_png(std::string_view png) {
  Image out;
  EXPECT_TRUE(png.starts_with("\x89PNG\r\n\x1a\n"));
  std::string data;
  std::string order;
  for (std::size_t at = 8; at + 12 <= png.size();) {
    const std::uint32_t size = load_u32(png.data() + at);
    const std::string_view body = png.substr(at + 4, size + 4);
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(body.data()), size + 4);
    EXPECT_EQ(sum, load_u32(png.data() + at + 8 + size));
    order += std::string(body.substr(0, 4)) + " ";
    if (body.starts_with("IHDR")) {
      out.pixels = load_u32(body.data() + 4);
      EXPECT_EQ(load_u32(body.data() + 8), out.pixels);
      EXPECT_EQ(body.substr(12), std::string_view("\x01\x00\x00\x00\x00", 5));
    }
    if (body.starts_with("IDAT")) data += body.substr(4);
    at += size + 12;
  }
  EXPECT_EQ(order, "IHDR IDAT IEND ");
  out.lines.resize(std::size_t{out.pixels} * (1 + (out.pixels + 7) / 8));
  uLongf size = out.lines.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(out.lines.data()), &size,
                       reinterpret_cast<const Bytef*>(data.data()), data.size()),
            Z_OK);
  EXPECT_EQ(size, out.lines.size());
  return out;
}

TEST(QrPng, ShowsTheSeedsUri) {
  const SecretBytes seed = test::secret("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
  const auto made = totp_qr_png(seed, "bob@1000000000000001");
  ASSERT_TRUE(made);
  const auto png = base64_decode(test::reveal(*made));
  ASSERT_TRUE(png);
  const Image image = read_png(*png);

  std::string uri =
      "otpauth://totp/Strongroom:bob%401000000000000001?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
      "&issuer=Strongroom";
  std::vector<std::uint8_t> temp(qrcodegen_BUFFER_LEN_MAX);
  std::vector<std::uint8_t> want(qrcodegen_BUFFER_LEN_MAX);
  ASSERT_TRUE(qrcodegen_encodeText(uri.c_str(), temp.data(), want.data(), qrcodegen_Ecc_LOW, 1, 40,
                                   qrcodegen_Mask_AUTO, true));
  const int modules = qrcodegen_getSize(want.data());
  ASSERT_EQ(image.pixels, static_cast<std::uint32_t>(modules + 8) * 4);
  const std::size_t row = 1 + (image.pixels + 7) / 8;
  for (std::size_t y = 0; y < image.pixels; ++y) {
    for (std::size_t x = 0; x < image.pixels; ++x) {
      const bool white = (image.lines[y * row + 1 + x / 8] & (0x80 >> (x % 8))) != 0;
      // Outside of the code every module is light.
      const bool dark = qrcodegen_getModule(want.data(), static_cast<int>(x / 4) - 4,
                                            static_cast<int>(y / 4) - 4);
      ASSERT_EQ(white, !dark) << x << " " << y;
    }
  }
}

TEST(QrPng, HasRoomForTheLongestName) {
  const SecretBytes seed = test::secret(std::string(32, 'A'));
  EXPECT_TRUE(totp_qr_png(seed, std::string(64, '%') + "@1000000000000001"));
}

}  // namespace
}  // namespace strongroom::identity
