// Runs chunks of work over several sessions at once: how prepare and check are parallel.
#pragma once

#include "base/error.h"
#include "core/workload.h"

#include <cstdint>
#include <functional>

namespace assay {

/// Calls `work(session, chunk)` for every chunk in [0, chunks), each once, from job.parallel threads with a session
/// each. A lost session is reopened (with back-off, for at most `patience`) and its chunk is tried again from its
/// start; the chunk must therefore be atomic. Any other failure stops all and throws Error; so does job.stop
/// (interrupted).
void for_each_chunk(Job& job, std::uint64_t chunks, const std::function<Result<>(Session&, std::uint64_t chunk)>& work,
                    Nanos patience = std::chrono::seconds(30));

/// Opens a session, or throws Error(unreachable).
std::unique_ptr<Session> open_session(Target&);
/// The value, or an Error that says what was being done.
template <class T>
T value_or_throw(Result<T> result, std::string_view doing);

/// With the exit code of the failure's kind: a target that is away, pushes back or refuses is `unreachable`.
[[noreturn]] void throw_failure(const Failure&, std::string_view doing);
ExitCode exit_code_of(FailureKind) noexcept;

template <class T>
T value_or_throw(Result<T> result, std::string_view doing) {
  if (!result) throw_failure(result.error(), doing);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

}  // namespace assay
