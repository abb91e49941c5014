// What a client's operation has at hand while it runs: the session it leased, and what it reports beside success or
// failure.
//
// A Context belongs to one session slot and is used by the operation that holds the lease. Nothing here allocates or
// locks.
#pragma once

#include "base/time.h"
#include "core/driver.h"
#include "stats/recorder.h"

#include <cstdint>

namespace assay {

class Context {
 public:
  virtual ~Context() = default;

  Session& session() noexcept { return *session_; }
  QueryFacet& query() noexcept { return *session_->query(); }
  KvFacet& kv() noexcept { return *session_->kv(); }

  /// What the operation moved, when it is not one item of unknown size.
  void items(std::uint64_t n) noexcept { items_ = n; }
  void bytes(std::uint64_t n) noexcept { bytes_ += n; }
  /// Counts something beside operations (a rolled-back order). Undone when this try of the operation fails.
  virtual void count(CounterId, std::uint64_t n = 1) noexcept = 0;
  /// When the operation under way was due.
  TimePoint due() const noexcept { return due_; }
  virtual TimePoint now() const noexcept = 0;
  /// Records an operation that another process started: due there, ended now. For end-to-end times.
  virtual void record(OperationId, TimePoint due, TimePoint end) noexcept = 0;
  /// Makes an operation due now in the triggered group with this index (Workload::groups). Its client's next() gets the
  /// payload.
  virtual void trigger(std::size_t group, std::uint64_t payload) = 0;

  /// Times a part of the operation as a nested operation of its own: auto part = context.time(kUpload);
  class Part {
   public:
    Part(Context& context, OperationId operation) noexcept
        : context_(context), operation_(operation), start_(context.now()) {}
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    ~Part() { context_.record(operation_, start_, context_.now()); }

   private:
    Context& context_;
    OperationId operation_;
    TimePoint start_;
  };
  [[nodiscard]] Part time(OperationId operation) noexcept { return Part(*this, operation); }

 protected:
  Session* session_ = nullptr;
  TimePoint due_{};
  std::uint64_t items_ = 1, bytes_ = 0;
};

}  // namespace assay
