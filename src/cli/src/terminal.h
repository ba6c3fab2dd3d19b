#pragma once
// Values in and out: where secrets enter (standard input, a file, a hidden prompt) and the one
// place that prints them. Also whether there is a person in front.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::cli {

bool stdin_is_terminal();
bool stdout_is_terminal();
/// True if standard error is a terminal, TERM is not "dumb" and NO_COLOR is unset.
bool use_color();

/// The variable's value; empty if it is not set.
std::string environment(const char* name);

/// Everything up to the end of standard input, as it is. kInvalidInput (ValueTooLarge) beyond
/// limits::kSecretDataBytesMax, (NoValue) if it is empty.
Result<SecretBytes> read_standard_input();
/// The same of a file. kInvalidInput (NoSuchFile) if it cannot be read.
Result<SecretBytes> read_value_file(const std::string& path);
/// One line from the controlling terminal without echo. kInvalidInput (NoTerminal) without one.
Result<SecretBytes> read_hidden(const std::string& prompt);
/// One line from the controlling terminal with echo; empty without one.
std::string read_line(const std::string& prompt);

/// Whether it is UTF-8.
bool is_text(const SecretBytes& value);

/// Without the line end that editors and `echo` leave, if there is one. kInvalidInput (NoValue) if
/// nothing else is there.
Result<SecretBytes> without_line_end(const SecretBytes& value);

/// A secret from an environment variable or a configuration file. kExhausted without locked memory.
Result<SecretBytes> keep_secret(std::string_view text);

/// Appends the bytes to an answer's buffer, whose owner wipes it.
void append_revealed(std::string& out, const SecretBytes& bytes);

/// All of `text` to standard output. False if that fails (a closed pipe, a full disk).
bool print(std::string_view text);
/// To standard error.
void say(std::string_view text);
/// The first `size` bytes of `bytes`.
bool print_secret(const SecretBytes& bytes, std::size_t size);

/// create_file() of what a secret holds.
bool write_private_file(const std::string& path, const SecretBytes& secret);

}  // namespace strongroom::cli
