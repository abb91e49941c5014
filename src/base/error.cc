#include "base/error.h"

#include "base/result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace assay {
namespace {

bool is_control(char c) noexcept {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

std::string shown(const std::string& message) {
  if (std::none_of(message.begin(), message.end(), is_control)) return message;
  std::string out;
  for (const char c : message)
    if (is_control(c))
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  return out;
}

}  // namespace

Error::Error(const std::string& message, ExitCode code) : std::runtime_error(shown(message)), code_(code) {}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "assay: this is a bug: %s is not true (%s:%d)\n", condition, file, line);
  std::abort();
}

std::string_view to_string(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::conflict:
      return "conflict";
    case FailureKind::timeout:
      return "timeout";
    case FailureKind::overloaded:
      return "overloaded";
    case FailureKind::disconnected:
      return "disconnected";
    case FailureKind::rejected:
      return "rejected";
    case FailureKind::wrong_answer:
      return "wrong_answer";
    case FailureKind::cancelled:
      return "cancelled";
  }
  return "unknown";
}

}  // namespace assay
