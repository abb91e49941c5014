#include "results/document.h"

#include <algorithm>
#include <numeric>

namespace assay {

std::uint64_t OperationResult::completed() const noexcept {
  return std::accumulate(phases.begin(), phases.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const OperationStats& phase) { return sum + phase.completed; });
}

std::uint64_t OperationResult::errors() const noexcept {
  return std::accumulate(phases.begin(), phases.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const OperationStats& phase) { return sum + phase.errors(); });
}

Nanos Document::measured_length() const noexcept {
  Nanos sum{};
  for (const PhaseSpan& span : phases)
    if (span.phase == Phase::measure) sum += span.length;
  return sum;
}

Nanos Document::length() const noexcept {
  Nanos end{};
  for (const PhaseSpan& span : phases) end = std::max(end, span.start + span.length);
  return end;
}

std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::invalid:
      return "invalid";
  }
  return "unknown";
}

std::string_view to_string(Requirement::Verdict verdict) noexcept {
  switch (verdict) {
    case Requirement::Verdict::pass:
      return "pass";
    case Requirement::Verdict::fail:
      return "fail";
    case Requirement::Verdict::not_applicable:
      return "not_applicable";
  }
  return "unknown";
}

std::string_view to_string(CheckResult::State state) noexcept {
  switch (state) {
    case CheckResult::State::not_run:
      return "not_run";
    case CheckResult::State::passed:
      return "passed";
    case CheckResult::State::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace assay
