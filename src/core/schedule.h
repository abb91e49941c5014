// When operations are due. A Schedule is pure: it validates, describes and predicts itself, and hands out intended
// starts.
//
// Closed loop: a client's next operation is due when its last one ended (plus think time). Open loop: operation k of
// the whole job is due at Λ⁻¹(k), Λ(t) being the integral of the rate profile; with Poisson arrivals k is replaced by a
// sum of exponential gaps of mean 1 (the time-rescaling theorem), so that ramps and steps work for both. Shard i of n
// takes the operations i, i+n, i+2n … of a constant schedule, and an independent Poisson stream of rate λ/n of the
// other.
#pragma once

#include "base/time.h"
#include "core/shard.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// A stretch of the rate profile: the rate goes linearly from `from` to `to` (operations/s) over `length`. The last
/// segment's end rate holds for ever.
struct RateSegment {
  double from = 0, to = 0;
  Nanos length{};
};

/// The intended starts of one stream, as offsets from the start of the run, ascending.
class Arrivals {
 public:
  virtual ~Arrivals() = default;
  /// nullopt: nothing more is ever due.
  virtual std::optional<Nanos> next() = 0;
};

class Schedule {
 public:
  enum class Kind { closed, constant, poisson };
  enum class Think { none, constant, exponential };

  /// Closed loop without think time.
  Schedule() = default;
  static Schedule closed_loop(Think, Nanos mean);
  /// `poisson` false: evenly spaced. Throws Error when the profile is empty, negative or all zero.
  static Schedule open_loop(bool poisson, std::vector<RateSegment>);
  /// From what a person writes. rate: "" (closed loop), "1000", "100..1000@30s" (ramp), "100@10s,200@10s,400" (steps);
  /// arrival: "constant" or "poisson"; think: "0", "100ms", "exp:100ms". ramp_up: an open loop's rate grows from 0 over
  /// it. Throws Error.
  static Schedule parse(std::string_view rate, std::string_view arrival, std::string_view think, Nanos ramp_up);

  Kind kind() const noexcept { return kind_; }
  bool closed() const noexcept { return kind_ == Kind::closed; }
  /// "closed loop", "constant 1000/s", "Poisson, 100/s to 1000/s over 30s, then 1000/s".
  std::string describe() const;
  /// What parse() makes it of again, without a ramp-up.
  struct Text {
    std::string rate, arrival, think;
  };
  Text text() const;

  // Open loop only.
  double rate_at(Nanos since_start) const;
  /// Λ(to) − Λ(from): how many operations are expected to fall due.
  double expected(Nanos from, Nanos to) const;
  std::unique_ptr<Arrivals> arrivals(Shard, std::uint64_t seed) const;

  // Closed loop only.
  Think think() const noexcept { return think_; }
  Nanos mean_think() const noexcept { return mean_think_; }

 private:
  friend class ProfileArrivals;
  double integral(double seconds) const;             // Λ
  double inverse_integral(double operations) const;  // Λ⁻¹; infinity when it is never reached

  Kind kind_ = Kind::closed;
  Think think_ = Think::none;
  Nanos mean_think_{};
  std::vector<RateSegment> profile_;
};

}  // namespace assay
