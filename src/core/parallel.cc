#include "core/parallel.h"

#include "base/error.h"
#include "runtime/wait.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace assay {
namespace {

/// One thread's part of for_each_chunk; what goes wrong is thrown and caught by the caller at the thread's boundary.
class ChunkWorker {
 public:
  ChunkWorker(Job& job, std::uint64_t chunks, const std::function<Result<>(Session&, std::uint64_t)>& work,
              Nanos patience, std::atomic<std::uint64_t>& next, std::atomic<bool>& failed)
      : job_(job), chunks_(chunks), work_(work), patience_(patience), next_(next), failed_(failed) {}

  void run() {
    const runtime::StopScope scope(job_.stop);
    const std::stop_callback on_stop(job_.stop, [this] {
      const std::lock_guard lock(mutex_);
      if (session_ != nullptr) session_->interrupt();
    });
    for (std::uint64_t chunk = next_++; chunk < chunks_ && !failed_; chunk = next_++) {
      if (job_.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
      carry_out(chunk);
    }
  }

 private:
  void carry_out(std::uint64_t chunk) {
    const TimePoint give_up = real_clock().now() + patience_;
    for (Nanos pause = std::chrono::milliseconds(50);; pause = std::min<Nanos>(2 * pause, std::chrono::seconds(2))) {
      Result<> result = ensure_session();
      if (result) result = work_(*session_, chunk);
      if (result) return;
      const FailureKind kind = result.error().kind;
      if (kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
      if (kind == FailureKind::disconnected || kind == FailureKind::timeout) drop_session();
      const bool again =
          kind == FailureKind::disconnected || kind == FailureKind::conflict || kind == FailureKind::overloaded;
      if (!again || real_clock().now() >= give_up || failed_)
        throw_failure(result.error(), fmt::format("part {} of {}", chunk + 1, chunks_));
      if (job_.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
      if (session_ != nullptr && !session_->reset()) drop_session();
      runtime::sleep_until(real_clock().now() + pause);
    }
  }

  Result<> ensure_session() {
    if (session_ != nullptr) return {};
    Result<std::unique_ptr<Session>> opened = job_.target.connect();
    if (!opened) return tl::unexpected(opened.error());
    const std::lock_guard lock(mutex_);
    session_ = std::move(*opened);
    return {};
  }

  void drop_session() {
    const std::lock_guard lock(mutex_);
    session_.reset();
  }

  Job& job_;
  const std::uint64_t chunks_;
  const std::function<Result<>(Session&, std::uint64_t)>& work_;
  const Nanos patience_;
  std::atomic<std::uint64_t>& next_;
  std::atomic<bool>& failed_;
  std::mutex mutex_;  // guards the session's existence against a stop
  std::unique_ptr<Session> session_;
};

}  // namespace

void for_each_chunk(Job& job, std::uint64_t chunks, const std::function<Result<>(Session&, std::uint64_t)>& work,
                    Nanos patience) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr first;
  {
    std::vector<std::jthread> threads;
    const auto count =
        std::clamp<std::uint64_t>(static_cast<std::uint64_t>(job.parallel), 1, std::max<std::uint64_t>(chunks, 1));
    for (std::uint64_t i = 0; i < count; i++)
      threads.emplace_back([&] {
        try {
          ChunkWorker(job, chunks, work, patience, next, failed).run();
        } catch (...) {
          failed = true;
          const std::lock_guard lock(mutex);
          if (!first) first = std::current_exception();
        }
      });
  }
  if (first) std::rethrow_exception(first);
}

std::unique_ptr<Session> open_session(Target& target) { return value_or_throw(target.connect(), "connecting"); }

ExitCode exit_code_of(FailureKind kind) noexcept {
  switch (kind) {
    case FailureKind::cancelled:
      return ExitCode::interrupted;
    case FailureKind::wrong_answer:
      return ExitCode::internal;
    case FailureKind::conflict:
    case FailureKind::timeout:
    case FailureKind::overloaded:
    case FailureKind::disconnected:
    case FailureKind::rejected:
      break;
  }
  return ExitCode::unreachable;
}

void throw_failure(const Failure& failure, std::string_view doing) {
  if (failure.kind == FailureKind::cancelled) throw Error("interrupted", ExitCode::interrupted);
  const std::string native = failure.native_code.empty() ? "" : fmt::format(" ({})", failure.native_code);
  throw Error(fmt::format("{}: {}{}", doing, failure.message, native), exit_code_of(failure.kind));
}

}  // namespace assay
