#include "core/schedule.h"

#include "base/error.h"
#include "base/random.h"
#include "base/units.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assay {

class ProfileArrivals final : public Arrivals {
 public:
  ProfileArrivals(const Schedule& schedule, Shard shard, std::uint64_t seed)
      : schedule_(schedule), shard_(shard), random_(hash_of(seed, 0xa441, shard.index)) {}

  std::optional<Nanos> next() override {
    double operation = 0;
    if (schedule_.kind() == Schedule::Kind::poisson)
      operation = sum_ += random_.exponential(static_cast<double>(shard_.count));
    else
      operation = static_cast<double>(shard_.global(k_++));
    const double seconds = schedule_.inverse_integral(operation);
    if (!(seconds < 9e9)) return std::nullopt;
    return from_seconds(seconds);
  }

 private:
  const Schedule schedule_;
  const Shard shard_;
  Random random_;
  std::uint64_t k_ = 0;
  double sum_ = 0;
};

Schedule Schedule::closed_loop(Think think, Nanos mean) {
  Schedule s;
  s.think_ = think;
  s.mean_think_ = mean;
  return s;
}

Schedule Schedule::open_loop(bool poisson, std::vector<RateSegment> profile) {
  double most = 0;
  for (const RateSegment& segment : profile) {
    if (segment.from < 0 || segment.to < 0 || !std::isfinite(segment.from) || !std::isfinite(segment.to))
      throw Error("a rate is negative or not finite; expected operations per second, at least 0");
    if (segment.length < Nanos(0)) throw Error("a step of the rate has a negative length");
    most = std::max({most, segment.from, segment.to});
  }
  if (!(most > 0)) throw Error("the rate is 0 all the time; expected operations per second above 0");
  Schedule s;
  s.kind_ = poisson ? Kind::poisson : Kind::constant;
  s.profile_ = std::move(profile);
  return s;
}

Schedule Schedule::parse(std::string_view rate, std::string_view arrival, std::string_view think, Nanos ramp_up) {
  if (rate.empty()) {
    if (think == "0" || think.empty()) return Schedule();
    if (think.starts_with("exp:")) return closed_loop(Think::exponential, parse_duration(think.substr(4)));
    return closed_loop(Think::constant, parse_duration(think));
  }
  if (!think.empty() && think != "0")
    throw Error(
        "think time and a rate exclude each other: with a rate, operations are due by the clock, not by the last one's "
        "end");
  std::vector<RateSegment> profile;
  for (std::string_view rest = rate; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view step = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const std::size_t at = step.find('@');
    const std::string_view value = step.substr(0, at);
    RateSegment segment;
    if (at != std::string_view::npos)
      segment.length = parse_duration(step.substr(at + 1));
    else if (!rest.empty())
      throw Error(
          fmt::format("--rate: step '{}' has no length; every step but the last needs one, such as 100@10s", step));
    if (const std::size_t dots = value.find(".."); dots != std::string_view::npos) {
      const std::string_view from = value.substr(0, dots);
      segment.from = from == "0" ? 0 : parse_rate(from);
      segment.to = parse_rate(value.substr(dots + 2));
      if (segment.length <= Nanos(0))
        throw Error(fmt::format("--rate: ramp '{}' has no length; write it as {}@30s", step, value));
    } else {
      segment.from = segment.to = parse_rate(value);
    }
    profile.push_back(segment);
  }
  if (profile.empty() || rate.back() == ',') throw Error(fmt::format("--rate: '{}' ends with an empty step", rate));
  if (ramp_up > Nanos(0)) profile.insert(profile.begin(), RateSegment{0, profile.front().from, ramp_up});
  return open_loop(arrival == "poisson", std::move(profile));
}

std::string Schedule::describe() const {
  if (closed()) {
    if (think_ == Think::none) return "closed loop";
    return fmt::format("closed loop, think time {}{}", think_ == Think::exponential ? "exponential, mean " : "",
                       format_duration(mean_think_));
  }
  std::string out = kind_ == Kind::poisson ? "Poisson" : "constant";
  for (std::size_t i = 0; i < profile_.size(); i++) {
    const RateSegment& s = profile_[i];
    out += i ? ", then " : " ";
    out += s.from == s.to ? fmt::format("{:g}/s", s.from) : fmt::format("{:g}/s to {:g}/s", s.from, s.to);
    if (s.length > Nanos(0)) out += " over " + format_duration(s.length);
  }
  return out;
}

Schedule::Text Schedule::text() const {
  Text out{.rate = {}, .arrival = kind_ == Kind::poisson ? "poisson" : "constant", .think = "0"};
  if (think_ != Think::none)
    out.think = fmt::format("{}{}ns", think_ == Think::exponential ? "exp:" : "", mean_think_.count());
  for (const RateSegment& s : profile_) {
    out.rate += out.rate.empty() ? "" : ",";
    out.rate += s.from == s.to ? fmt::format("{}", s.from) : fmt::format("{}..{}", s.from, s.to);
    if (s.length > Nanos(0)) out.rate += fmt::format("@{}ns", s.length.count());
  }
  return out;
}

double Schedule::rate_at(Nanos since_start) const {
  double t = to_seconds(since_start);
  for (const RateSegment& s : profile_) {
    const double length = to_seconds(s.length);
    if (t < length) return s.from + (s.to - s.from) * t / length;
    t -= length;
  }
  return profile_.back().to;
}

double Schedule::integral(double t) const {
  double sum = 0;
  for (const RateSegment& s : profile_) {
    const double length = to_seconds(s.length);
    if (t < length) return sum + s.from * t + (s.to - s.from) * t * t / (2 * length);
    sum += (s.from + s.to) / 2 * length;
    t -= length;
  }
  return sum + profile_.back().to * t;
}

double Schedule::inverse_integral(double operations) const {
  double before = 0;
  for (const RateSegment& s : profile_) {
    const double length = to_seconds(s.length), inside = (s.from + s.to) / 2 * length;
    if (operations < inside) {
      const double slope =
          (s.to - s.from) / length;  // solve from·t + slope·t²/2 = operations, in the form that is stable
      const double root = std::sqrt(s.from * s.from + 2 * slope * operations);
      return before + (operations == 0 && s.from == 0 ? 0 : 2 * operations / (s.from + root));
    }
    operations -= inside;
    before += length;
  }
  const double rate = profile_.back().to;
  return rate > 0 ? before + operations / rate : std::numeric_limits<double>::infinity();
}

double Schedule::expected(Nanos from, Nanos to) const { return integral(to_seconds(to)) - integral(to_seconds(from)); }

std::unique_ptr<Arrivals> Schedule::arrivals(Shard shard, std::uint64_t seed) const {
  ASSAY_ASSERT(!closed());
  return std::make_unique<ProfileArrivals>(*this, shard, seed);
}

}  // namespace assay
