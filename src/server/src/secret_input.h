#pragma once
// Secrets that an operator hands over in files or types: passphrases, PINs, shares, access keys,
// tokens. What was read stands in locked memory alone. Blocking; functions without state.

#include <termios.h>

#include <string>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::server {

/// While it lives, what is typed at the terminal behind `descriptor` is not shown, whoever reads it
/// and however many lines are pasted at once; line ends are. Nothing happens without a terminal.
class HiddenInput {
 public:
  explicit HiddenInput(int descriptor);
  ~HiddenInput();
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  int descriptor_;
  bool changed_ = false;
  termios before_{};
};

/// One line from `descriptor`, without its end; empty at the end of the input. Takes nothing of
/// what follows. kInvalidInput for a line of more than 4,096 bytes, kUnavailable if reading fails.
Result<SecretBytes> read_secret_line(int descriptor);

/// The first line of a file that only its owner may read. kDenied if others may, kInvalidInput if
/// the line is empty or too long, kUnavailable if the file cannot be read.
Result<SecretBytes> read_first_line(const std::string& path);

}  // namespace strongroom::server
