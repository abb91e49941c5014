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

Tool sealed_by(std::string_view bytes) {
  if (bytes.starts_with(kAge) || bytes.starts_with(kArmoredAge)) return Tool::age;
  // A packet of OpenPGP (RFC 4880, 4.2) has the highest bit set, which no JSON begins with.
  if (bytes.starts_with(kArmoredGpg) || (!bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0))
    return Tool::gpg;
  return Tool::none;
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
    throw Error("it is encrypted with age: expected --identity FILE, or ASSAY_IDENTITY, with a private key it is for");
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
