// The one exception of assay: thrown before, around or after a run, never on the measured path.
//
// An Error carries the exit code that the process ends with when nobody handles it (docs/exit-codes.md is this table). Its
// message quotes what files, servers and people wrote: control characters of it, all but line breaks and tabs, are shown as
// \x1b, so that none ends the message early or tells a terminal what to do.
#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace assay {

enum class ExitCode : int {
  ok = 0,
  internal = 1,             // a bug in assay, or something nobody foresaw
  usage = 2,                // bad flag, bad value, bad file: nothing was done
  unreachable = 3,          // the target cannot be reached or refuses us
  thresholds_failed = 4,    // the run is valid and missed what was required of it
  run_invalid = 5,          // assay was the cause of untrustworthy figures
  check_failed = 6,         // the data in the target is not consistent
  output_failed = 7,        // the result could not be written
  environment_differs = 8,  // a worker does not have what its deployment asked for: nothing was done
  interrupted = 130,        // Ctrl-C or SIGTERM: what was measured is saved and marked partial
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::usage);
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace assay

/// For bugs of ours, on in every build: prints and aborts. Never for bad input.
#define ASSAY_ASSERT(condition) \
  (static_cast<bool>(condition) ? void(0) : ::assay::assertion_failed(#condition, __FILE__, __LINE__))
