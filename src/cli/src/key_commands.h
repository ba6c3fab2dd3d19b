#pragma once
// The commands on keys, aliases and cryptography. Each returns an exit code.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "commands.h"

namespace strongroom::cli {

struct KeyOptions {
  std::string key;  // id, ARN or, where the API takes it, alias
  std::string spec;
  std::string usage;
  std::string description;
  std::string instance;
  std::string rotate;  // "365d"
  std::string alias;
  std::string state;
  std::string version;
  std::string file;
  int days = 0;  // until imported material expires; 0: never
  bool external = false;
  bool off = false;
  int window_days = 30;
};
int key_create(Session& session, const KeyOptions& options);
int key_list(Session& session, const KeyOptions& options);
int key_show(Session& session, const KeyOptions& options);
int key_enable(Session& session, const KeyOptions& options);
int key_disable(Session& session, const KeyOptions& options);
int key_remove(Session& session, const KeyOptions& options);
int key_restore(Session& session, const KeyOptions& options);
int key_versions(Session& session, const KeyOptions& options);
int key_new_version(Session& session, const KeyOptions& options);
int key_rotate(Session& session, const KeyOptions& options);
int key_protect(Session& session, const KeyOptions& options);
int key_import(Session& session, const KeyOptions& options);
int key_forget_material(Session& session, const KeyOptions& options);
int key_public(Session& session, const KeyOptions& options);
/// The version to use: the one given, or the key's only or newest one. Nothing after a failure that
/// was shown.
std::optional<std::string> version_of(Session& session, const std::string& key,
                                      const std::string& given);

int alias_set(Session& session, const KeyOptions& options);
int alias_remove(Session& session, const KeyOptions& options);
int alias_list(Session& session, const KeyOptions& options);

struct DataKeyOptions {
  std::string name;
  std::string version;  // empty: the first, or with `latest` the newest
  std::string key;      // empty: that of the last version, or the default key
  std::string instance;
  int bytes = 32;
  bool latest = false;
  bool reveal = false;
};
int data_key_new(Session& session, const DataKeyOptions& options);
int data_key_list(Session& session, const DataKeyOptions& options);
int data_key_get(Session& session, const DataKeyOptions& options);

struct CryptoOptions {
  std::string key;
  std::string version;
  std::string algorithm;
  std::string context;           // JSON object
  std::string source = {};       // key pair of the ciphertext that is encrypted anew
  std::string new_context = {};  // JSON object
  std::string file;              // input; empty: standard input
  std::string signature;         // or MAC
  int bytes = 32;
  bool reveal = false;
};
int crypto_encrypt(Session& session, const CryptoOptions& options);
int crypto_decrypt(Session& session, const CryptoOptions& options);
int crypto_reencrypt(Session& session, const CryptoOptions& options);
int crypto_data_key(Session& session, const CryptoOptions& options);
int crypto_sign(Session& session, const CryptoOptions& options);
int crypto_verify(Session& session, const CryptoOptions& options);
int crypto_mac(Session& session, const CryptoOptions& options);
int crypto_verify_mac(Session& session, const CryptoOptions& options);

struct InspectOptions {
  std::string path;
  std::string password_file;  // opens a client key file
};
/// What a file holds: a public key, a certificate, a client key file or a ciphertext blob. No
/// server is asked.
int inspect(Session& session, const InspectOptions& options);

}  // namespace strongroom::cli
