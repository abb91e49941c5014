// How an operation on the target fails. Measured code returns Result<T>; everything else throws Error (base/error.h).
//
// FailureKind is the only vocabulary that control flow, retries and reports may use; native_code and message are for
// people.
#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace assay {

enum class FailureKind : std::uint8_t {
  conflict,      // serialization failure, deadlock, lock not to be had: the same operation may succeed when tried again
  timeout,       // no answer in time; the effect on the target is unknown
  overloaded,    // the target pushed back: throttled, too many connections, out of resources
  disconnected,  // the session is gone and must be reopened
  rejected,      // the target refused the request itself: syntax, constraint, permission
  wrong_answer,  // the target answered, and the answer is not what the workload requires
  cancelled,     // assay itself ended the operation: the run was stopped
};
inline constexpr int kFailureKinds = 7;

std::string_view to_string(FailureKind) noexcept;

struct Failure {
  FailureKind kind = FailureKind::rejected;
  std::string native_code = {};  // SQLSTATE, errno name, SQLite's extended code; for the report, never for control flow
  std::string message = {};
  bool in_doubt = false;  // a commit was under way: whether it took effect on the target is unknown
};

template <class T = void>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(FailureKind kind, std::string message, std::string native_code = {}) {
  return tl::unexpected<Failure>(Failure{kind, std::move(native_code), std::move(message)});
}

}  // namespace assay
