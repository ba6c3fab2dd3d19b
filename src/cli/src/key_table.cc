// The tree of `strongroom key`, `alias`, `crypto` and `inspect`.

#include "key_table.h"

#include <memory>

namespace strongroom::cli {
namespace {

using Action = int (*)(Session&, const KeyOptions&);
using DataKeyAction = int (*)(Session&, const DataKeyOptions&);
using CryptoAction = int (*)(Session&, const CryptoOptions&);

constexpr const char* kSpecs =
    "Aliyun_AES_256 (default), Aliyun_AES_192, Aliyun_AES_128, Aliyun_SM4, RSA_2048, RSA_3072, "
    "RSA_4096, EC_P256, EC_P256K, EC_SM2, HMAC_SHA_256 ...";

class KeyTree {
 public:
  KeyTree(CLI::App& app, const AddVerb& verb)
      : app_(app),
        verb_(verb),
        key_(std::make_shared<KeyOptions>()),
        data_key_(std::make_shared<DataKeyOptions>()),
        crypto_(std::make_shared<CryptoOptions>()) {}

  void declare() {
    declare_keys();
    declare_material();
    declare_aliases();
    declare_data_keys();
    declare_crypto();
    declare_reencrypt();
    const auto file = std::make_shared<InspectOptions>();
    auto* look = verb_(
        app_, "inspect", "What a public key, certificate, client key file or ciphertext is",
        [file](Session& s) { return inspect(s, *file); }, false);
    look->add_option("file", file->path)->required();
    look->add_option("--password-file", file->password_file,
                     "clientKey_<id>_Password.txt, to look into a client key file");
  }

 private:
  CLI::App* verb(CLI::App& parent, const char* name, const char* about, Action action) {
    return verb_(
        parent, name, about, [action, options = key_](Session& s) { return action(s, *options); },
        true);
  }
  CLI::App* with_key(CLI::App& parent, const char* name, const char* about, Action action) {
    auto* app = verb(parent, name, about, action);
    app->add_option("key", key_->key, "id or ARN")->required();
    return app;
  }

  void declare_keys() {
    keys_ = app_.add_subcommand("key", "Make, change and delete keys");
    keys_->require_subcommand(1);
    auto* create = verb(*keys_, "create", "Make a key", key_create);
    create->add_option("--spec", key_->spec, kSpecs);
    create->add_option("--usage", key_->usage, "ENCRYPT/DECRYPT or SIGN/VERIFY");
    create->add_option("--description", key_->description);
    create->add_option("--instance", key_->instance, "KMS instance it lives in");
    create->add_option("--rotate", key_->rotate, "a new version every 7d to 730d");
    create->add_option("--alias", key_->alias, "alias/NAME that it gets");
    create->add_flag("--external", key_->external, "its material is imported");
    verb(*keys_, "ls", "List keys", key_list)
        ->add_option("--state", key_->state, "Enabled, Disabled, PendingDeletion, PendingImport")
        ->transform(CLI::IsMember({"Enabled", "Disabled", "PendingDeletion", "PendingImport"},
                                  CLI::ignore_case));
    with_key(*keys_, "show", "Everything about a key", key_show);
    with_key(*keys_, "enable", "Let it be used", key_enable);
    with_key(*keys_, "disable", "Let it not be used", key_disable);
    with_key(*keys_, "rm", "Delete a key when its window ends", key_remove)
        ->add_option("--window", key_->window_days, "days, 7 to 366")
        ->check(CLI::Range(7, 366))
        ->capture_default_str();
    with_key(*keys_, "restore", "Keep a key that waits for deletion", key_restore);
    auto* protect = with_key(*keys_, "protect", "Refuse its deletion", key_protect);
    protect->add_flag("--off", key_->off, "allow it again");
    protect->add_option("--description", key_->description, "why");
  }

  void declare_material() {
    with_key(*keys_, "versions", "List its versions", key_versions);
    with_key(*keys_, "new-version", "Encrypt under a new version from now on", key_new_version);
    auto* rotate = with_key(*keys_, "rotate", "Automatic rotation", key_rotate);
    rotate->add_option("--every", key_->rotate, "7d to 730d");
    rotate->add_flag("--off", key_->off, "no automatic rotation");
    auto* import =
        with_key(*keys_, "import", "Import material (standard input, or a file)", key_import);
    import->add_option("--file", key_->file, "file with exactly the key's bytes");
    import->add_option("--days", key_->days, "how long it is kept (default: for ever)")
        ->check(CLI::Range(1, 36'500));
    with_key(*keys_, "forget-material", "Delete imported material", key_forget_material);
    with_key(*keys_, "public", "Print the public half", key_public)
        ->add_option("--version", key_->version, "default: the newest");
  }

  void declare_aliases() {
    auto* alias = app_.add_subcommand("alias", "Other names of keys");
    alias->require_subcommand(1);
    auto* set = verb(*alias, "set", "Make an alias, or move it", alias_set);
    set->add_option("alias", key_->alias, "alias/NAME")->required();
    set->add_option("key", key_->key, "id or ARN")->required();
    verb(*alias, "rm", "Remove an alias", alias_remove)
        ->add_option("alias", key_->alias, "alias/NAME")
        ->required();
    verb(*alias, "ls", "List aliases", alias_list)->add_option("key", key_->key, "of that key");
  }

  void declare_data_keys() {
    auto* group = app_.add_subcommand("data-key", "Data keys that the server keeps");
    group->require_subcommand(1);
    const auto add = [this, group](const char* name, const char* about, DataKeyAction action) {
      auto* app = verb_(
          *group, name, about,
          [action, options = data_key_](Session& s) { return action(s, *options); }, true);
      app->add_option("name", data_key_->name)->required();
      return app;
    };
    auto* made = add("new", "Make a data key, or a new version of it", data_key_new);
    made->add_option("--key", data_key_->key, "id or ARN of the key that protects it");
    made->add_option("--instance", data_key_->instance, "KMS instance it lives in");
    made->add_option("--bytes", data_key_->bytes, "1 to 1024")->capture_default_str();
    add("ls", "List its versions", data_key_list);
    auto* get = add("get", "Read it, in Base64: the first version", data_key_get);
    get->add_option("--version", data_key_->version, "that version");
    get->add_flag("--latest", data_key_->latest, "the newest version");
    get->add_flag("--reveal", data_key_->reveal, "show it on a terminal");
  }

  CLI::App* crypto_verb(CLI::App& parent, const char* name, const char* about,
                        CryptoAction action) {
    return verb_(
        parent, name, about,
        [action, options = crypto_](Session& s) { return action(s, *options); }, true);
  }

  void declare_crypto() {
    crypto_group_ = app_.add_subcommand("crypto", "Encrypt, decrypt, sign and verify with keys");
    crypto_group_->require_subcommand(1);
    auto* crypto = crypto_group_;
    auto* encrypt = crypto_verb(*crypto, "encrypt", "Encrypt standard input", crypto_encrypt);
    auto* decrypt = crypto_verb(*crypto, "decrypt", "Decrypt standard input", crypto_decrypt);
    auto* data = crypto_verb(*crypto, "data-key", "Make a data key", crypto_data_key);
    auto* sign = crypto_verb(*crypto, "sign", "Sign the SHA-256 of standard input", crypto_sign);
    auto* verify = crypto_verb(*crypto, "verify", "Verify a signature", crypto_verify);
    auto* mac = crypto_verb(*crypto, "mac", "The HMAC of standard input", crypto_mac);
    auto* check = crypto_verb(*crypto, "verify-mac", "Verify an HMAC", crypto_verify_mac);
    for (auto* app : {encrypt, data, sign, verify, mac, check}) {
      app->add_option("key", crypto_->key, "id, ARN or alias/NAME")->required();
    }
    for (auto* app : {encrypt, decrypt, data}) {
      app->add_option("--context", crypto_->context, "EncryptionContext, a JSON object");
    }
    for (auto* app : {encrypt, decrypt, sign, verify, mac, check}) {
      app->add_option("--file", crypto_->file, "instead of standard input");
    }
    for (auto* app : {sign, verify}) {
      app->add_option("--algorithm", crypto_->algorithm,
                      "RSA_PSS_SHA_256, RSA_PKCS1_SHA_256, ECDSA_SHA_256 or SM2DSA")
          ->required();
    }
    for (auto* app : {encrypt, decrypt}) {
      app->add_option("--algorithm", crypto_->algorithm,
                      "of a key pair: RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or SM2PKE");
    }
    decrypt->add_option("--key", crypto_->key,
                        "the key pair; ciphertexts of others name their key");
    for (auto* app : {encrypt, decrypt, sign, verify}) {
      app->add_option("--version", crypto_->version, "of a key pair; default: the newest");
    }
    for (auto* app : {verify, check}) {
      app->add_option(app == verify ? "--signature" : "--mac", crypto_->signature, "Base64")
          ->required();
    }
    decrypt->add_flag("--reveal", crypto_->reveal, "show the text on a terminal");
    data->add_flag("--reveal", crypto_->reveal, "also print the key in clear");
    data->add_option("--bytes", crypto_->bytes, "1 to 1024")->capture_default_str();
  }

  void declare_reencrypt() {
    auto* app = crypto_verb(*crypto_group_, "reencrypt",
                            "Encrypt a ciphertext anew, inside the server", crypto_reencrypt);
    app->add_option("key", crypto_->key, "the new key: id, ARN or alias/NAME")->required();
    app->add_option("--file", crypto_->file, "the ciphertext, instead of standard input");
    app->add_option("--context", crypto_->context, "its EncryptionContext, a JSON object");
    app->add_option("--new-context", crypto_->new_context, "that of the new ciphertext");
    app->add_option("--from", crypto_->source,
                    "the key pair it was encrypted with; ciphertexts of others name their key");
    app->add_option("--algorithm", crypto_->algorithm,
                    "of that key pair: RSAES_OAEP_SHA_256, RSAES_OAEP_SHA_1 or SM2PKE");
    app->add_option("--version", crypto_->version, "of that key pair; default: the newest");
  }

  CLI::App& app_;
  const AddVerb& verb_;
  std::shared_ptr<KeyOptions> key_;
  std::shared_ptr<DataKeyOptions> data_key_;
  std::shared_ptr<CryptoOptions> crypto_;
  CLI::App* keys_ = nullptr;
  CLI::App* crypto_group_ = nullptr;
};

}  // namespace

void declare_key_commands(CLI::App& app, const AddVerb& verb) {
  KeyTree(app, verb).declare();
}

}  // namespace strongroom::cli
