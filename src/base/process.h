// Another program as a filter: bytes in, bytes out. For tools that do one thing well and have no library (age, gpg). And who a
// process is, for those who must not take another one for it.
//
// Blocks until the program ended; may be called from any thread that may wait. Throws Error when the program cannot be
// started; how it ended is the caller's to judge. Its environment and working directory are ours; it gets no descriptor but
// the standard ones.
#pragma once

#include "base/time.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

struct ProcessOutcome {
  int exit_code = 0;  // 128 + the signal's number when a signal ended it
  std::string out, err;
};

/// Runs words[0], looked up in PATH, with the rest as its arguments and `input` as its standard input. `install` is what a
/// person does when there is no such program: "apt install age". One that has not ended after `limit` is killed, and that is
/// an Error; what it started is not looked for.
ProcessOutcome run_process(const std::vector<std::string>& words, std::string_view input, std::string_view install,
                           Nanos limit = Nanos::max());

/// A process, known by its id and the time at which it began, so that nobody else's is ever taken for it.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t began = 0;  // in clock ticks since the machine did (proc(5), field 22)

  /// `began` is 0 when there is none.
  static ProcessIdentity of(pid_t);
  /// False, too, of one that has ended and of which nobody has asked how.
  bool alive() const;

  /// A name of this process for others of the machine to ask about: of which boot of which machine, in which namespace of
  /// process ids, then the id and when it began. Without spaces; "" where the system does not say.
  static std::string own_name();
  /// Whether the name is of a process of this machine, boot and namespace that is there no more. False of what cannot be known.
  static bool is_gone(std::string_view name);
};

}  // namespace assay
