// Small blocking calls that nobody waits for: a request to end a statement at the server whose answer came too late. Each
// has a thread, and few run at a time. The end of the process waits for them, as one that is lost leaves the server with a
// statement, and its locks, that nobody wants any more; but not long, as the server may stand still.
#pragma once

#include <functional>
#include <memory>

namespace assay::runtime {

class Errands {
 public:
  Errands();
  ~Errands();
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;
  /// Best effort: too many at a time are dropped. Thread-safe. `errand` must not throw.
  void begin(std::function<void()> errand);

 private:
  struct Shared;  // also of threads that are still at it when the process ends
  std::shared_ptr<Shared> shared_;
};

/// Those of the process.
Errands& errands();

}  // namespace assay::runtime
