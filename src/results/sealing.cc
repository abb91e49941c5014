#include "results/sealing.h"

#include "base/error.h"
#include "base/process.h"

#include <cstdlib>

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kInstallAge = "apt install age", kInstallGpg = "apt install gpg";
constexpr std::string_view kAge = "age-encryption.org/v1\n", kArmoredAge = "-----BEGIN AGE ENCRYPTED FILE-----",
                           kArmoredGpg = "-----BEGIN PGP MESSAGE-----";

enum class Tool { none, age, gpg };

/// Whether it begins with the packet of a session key, as every encrypted message of OpenPGP does: tag 1 (for a public key)
/// or 3 (for a passphrase), in the header's old or new format, and then the packet's version (RFC 9580, 4.2, 5.1 and 5.3).
bool begins_with_session_key(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0u; };
  const bool new_format = (at(0) & 0xc0) == 0xc0;
  if (!new_format && (at(0) & 0xc0) != 0x80) return false;
  const unsigned tag = new_format ? at(0) & 0x3f : (at(0) & 0x3c) >> 2;
  const std::size_t in_old = std::size_t{1} << (at(0) & 3), in_new = at(1) < 192 ? 1 : at(1) == 255 ? 5 : 2;
  const std::size_t place = 1 + (new_format ? in_new : in_old);  // behind the tag and the bytes of the length
  if (place >= bytes.size()) return tag == 1 || tag == 3;        // it was cut
  const unsigned version = at(place);
  return (tag == 1 && (version == 3 || version == 6)) || (tag == 3 && version >= 4 && version <= 6);
}

Tool sealed_by(std::string_view bytes) {
  if (bytes.starts_with(kAge) || bytes.starts_with(kArmoredAge)) return Tool::age;
  return bytes.starts_with(kArmoredGpg) || begins_with_session_key(bytes) ? Tool::gpg : Tool::none;
}

/// What a tool said, in one line; age adds where to report unexpected errors, which is not our readers' matter.
std::string said(const ProcessOutcome& outcome) {
  std::string out;
  std::size_t at = 0;
  while (at < outcome.err.size()) {
    const std::size_t end = std::min(outcome.err.find('\n', at), outcome.err.size());
    const std::string_view line = std::string_view(outcome.err).substr(at, end - at);
    if (!line.empty() && line.find("report unexpected") == std::string_view::npos) {
      if (!out.empty()) out += "; ";
      out += line;
    }
    at = end + 1;
  }
  return out.empty() ? fmt::format("it ended with {} and said nothing", outcome.exit_code) : out;
}

}  // namespace

Sealing::Sealing(std::string_view recipient) {
  if (recipient.empty()) return;
  suffix_ = ".age";
  install_ = kInstallAge;
  if (recipient.starts_with("gpg:") && recipient.size() > 4) {
    suffix_ = ".gpg";
    install_ = kInstallGpg;
    // The key was named by whoever wants it to be used; whether GnuPG trusts its owner is another question.
    command_ = {"gpg",       "--batch",       "--no-tty",
                "--quiet",   "--trust-model", "always",
                "--encrypt", "--recipient",   std::string(recipient.substr(4))};
  } else if (recipient.starts_with("age1") || recipient.starts_with("ssh-ed25519 ") ||
             recipient.starts_with("ssh-rsa ")) {
    command_ = {"age", "--encrypt", "--recipient", std::string(recipient)};
  } else if (std::error_code error; fs::is_regular_file(recipient, error)) {
    command_ = {"age", "--encrypt", "--recipients-file", std::string(recipient)};
  } else {
    throw Error(fmt::format(
        "--encrypt-to: \"{}\" is no recipient: expected age1…, ssh-ed25519 …, ssh-rsa …, a file of such lines, or "
        "gpg:KEY",
        recipient));
  }
}

std::string Sealing::seal(std::string_view plain) const {
  if (!active()) return std::string(plain);
  ProcessOutcome outcome = run_process(command_, plain, install_);
  if (outcome.exit_code != 0)
    throw Error(fmt::format("it cannot be encrypted for {}: {}", command_.back(), said(outcome)),
                ExitCode::output_failed);
  return std::move(outcome.out);
}

void Sealing::probe() const {
  try {
    seal("assay");
  } catch (const Error& e) {
    throw Error(e.what());  // nothing was done yet
  }
}

bool is_sealed(std::string_view bytes) { return sealed_by(bytes) != Tool::none; }

std::string unseal(std::string_view bytes, const fs::path& identity) {
  const bool age = sealed_by(bytes) == Tool::age;
  std::string key = identity.string();
  if (age && key.empty())
    if (const char* named = std::getenv("ASSAY_IDENTITY")) key = named;
  if (age && key.empty())
    throw Error(
        "it is encrypted with age: expected a file with a private key that it is for in the variable ASSAY_IDENTITY "
        "(assay report takes it by --identity FILE, too)");
  if (!age && !identity.empty())
    throw Error("it is encrypted with GnuPG, which takes keys from its own keyring: expected no --identity");
  ProcessOutcome outcome =
      age ? run_process({"age", "--decrypt", "--identity", key}, bytes, kInstallAge)
          : run_process({"gpg", "--batch", "--no-tty", "--quiet", "--decrypt"}, bytes, kInstallGpg);
  // What a tool gave out before it failed is not to be trusted: a part of it, or something that was changed.
  if (outcome.exit_code != 0) throw Error(fmt::format("it cannot be decrypted: {}", said(outcome)));
  return std::move(outcome.out);
}

}  // namespace assay
