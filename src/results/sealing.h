// Results that only their recipient can read: encrypted and decrypted by the tools that people have their keys for, age
// (https://age-encryption.org/v1) and GnuPG.
//
// A recipient is one of age ("age1…", "ssh-ed25519 …", "ssh-rsa …", or a file of such lines) or "gpg:KEY", a key of GnuPG's
// keyring. The plain text never is in a file of ours. Errors: Error with what the tool said.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

class Sealing {
 public:
  /// Nothing is sealed.
  Sealing() = default;
  /// Empty text is nobody. Throws Error for what is no recipient.
  explicit Sealing(std::string_view recipient);

  bool active() const noexcept { return !command_.empty(); }
  /// What a file's name gets: ".age", ".gpg", or nothing.
  std::string_view suffix() const noexcept { return suffix_; }
  /// `plain` encrypted for the recipient, or as it is when nothing is sealed.
  std::string seal(std::string_view plain) const;
  /// Throws unless sealing works: the tool is there and knows the recipient. For before something long begins.
  void probe() const;

 private:
  std::vector<std::string> command_;
  std::string_view suffix_, install_;
};

/// Whether these are the bytes of something sealed, by how they begin.
bool is_sealed(std::string_view bytes);
/// The plain text. `identity` is age's file of private keys, by default what the environment variable ASSAY_IDENTITY
/// names; GnuPG takes its own keys.
std::string unseal(std::string_view bytes, const std::filesystem::path& identity);

}  // namespace assay
