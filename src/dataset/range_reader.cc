// Ranges of numbers and times, and how often which value of them.
#include "base/error.h"
#include "base/units.h"
#include "dataset/constant.h"
#include "dataset/generator_reader.h"
#include "dataset/schema_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay::dataset {

Range decimal_grid(double low, double high, int digits) {
  const double most = std::max({std::abs(low), std::abs(high), 1e-22});
  if (most > 1e37) throw Error(fmt::format("{} is beyond 1e37, where steps are not exact any more", most));
  int scale = digits - 1 - static_cast<int>(std::floor(std::log10(most)));
  scale = std::clamp(scale, digits - 37, 22);  // 10^22 is the greatest power of ten that a double has exactly
  const auto units = [&](double value) {
    return scale >= 0 ? value * std::pow(10.0, scale) : value / std::pow(10.0, -scale);
  };
  // 10^digits itself has one digit more, and no more significant ones; a limit that is on the grid stays on it though its product
  // is rounded.
  const auto near = [](double units, double whole) { return std::abs(units - whole) <= std::abs(units) * 4e-16; };
  double first = std::ceil(units(low)), last = std::floor(units(high));
  if (near(units(low), first - 1)) first -= 1;
  if (near(units(high), last + 1)) last += 1;
  if (first > last)
    throw Error(fmt::format("no number of {} significant digits lies from {} to {}", digits, low, high));
  Range out;
  out.low = static_cast<std::int64_t>(first);
  out.count = static_cast<std::uint64_t>(static_cast<std::int64_t>(last) - out.low) + 1;
  out.scale = scale;
  return out;
}

Distribution GeneratorReader::distribution(const input::Value* given, const Type& type, bool ordered) {
  Distribution out;
  if (given == nullptr || given->text == "uniform") return out;
  if (given->text == "zipf") {
    out.shape = Distribution::Shape::zipf;
    out.exponent = parse_real(given->text_or_default("exponent"));
    return out;
  }
  out.shape = Distribution::Shape::normal;
  if (!ordered) refuse(*given, "normal is of numbers and times; expected uniform or zipf");
  const auto parameter = [&](std::string_view name, bool length) -> std::optional<double> {
    const input::Value* value = given->find(name);
    if (value == nullptr) return std::nullopt;
    try {
      if (is_time(type.kind)) {
        const double micros = static_cast<double>(length ? parse_duration(value->text) / std::chrono::microseconds(1)
                                                         : parse_instant(value->text));
        return type.kind == Kind::date ? micros / static_cast<double>(kDay) : micros;
      }
      return parse_real(value->text) * (type.kind == Kind::decimal ? std::pow(10.0, type.scale) : 1);
    } catch (const Error& error) {
      refuse(*value, fmt::format("{}: {}", name, error.what()));
      return std::nullopt;
    }
  };
  out.mean = parameter("mean", false);
  out.deviation = parameter("stddev", true);
  if (out.deviation && !(*out.deviation > 0)) refuse(*given->find("stddev"), "stddev is not above 0");
  return out;
}

Range GeneratorReader::range(const input::Value& value, const Type& type) {
  const std::string low = value.text_of("min"), high = value.text_of("max");
  const std::string names = "min and max";
  Range out;
  if (low.empty() || high.empty()) return out;  // is told already
  try {
    if (type.kind == Kind::single || type.kind == Kind::real) {
      const double least = parse_real(low), most = parse_real(high);
      if (least > most) throw Error(fmt::format("min {} is above max {}", low, high));
      out = decimal_grid(least, most, type.kind == Kind::single ? 6 : 15);
    } else {
      const auto limit = [&](const std::string& text) {
        const Value constant = constant_of(*input::scalar_node(text, false), type, store_);
        return type.kind == Kind::decimal ? std::get<Decimal>(constant).unscaled : std::get<std::int64_t>(constant);
      };
      const std::int64_t least = limit(low), most = limit(high);
      if (least > most) throw Error(fmt::format("min {} is above max {}", low, high));
      out.low = least;
      out.count = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least) + 1;
    }
  } catch (const Error& error) {
    refuse(value, error.what());
  }
  out.distribution = distribution(value.find("distribution"), type, true);
  if (type.kind == Kind::single || type.kind == Kind::real)
    for (auto* parameter : {&out.distribution.mean, &out.distribution.deviation})
      if (*parameter) **parameter *= std::pow(10.0, out.scale);
  return out;
}

Range GeneratorReader::instants(const input::Value& value, const Type& type) {
  Range out;
  out.distribution = distribution(value.find("distribution"), type, true);
  if (value.find("start") == nullptr || value.find("end") == nullptr) return out;  // is told already
  std::int64_t low = parse_instant(value.text_of("start")), high = parse_instant(value.text_of("end"));
  out.step = (parse_duration(value.text_or_default("resolution")) / std::chrono::microseconds(1));
  if (type.kind == Kind::date) {
    const auto day = [](std::int64_t micros) { return (micros - (micros % kDay + kDay) % kDay) / kDay; };
    low = day(low);
    high = day(high);
    out.step = 1;
  } else if (out.step % 1000 != 0 && type.kind != Kind::date_time_nano && value.find("resolution") != nullptr) {
    mistakes_.note(value.find("resolution")->mark, value.path,
                   "finer than 1ms, which is as fine as MongoDB's dates are; date_time_nano says so too");
  }
  if (low > high)
    refuse(value, fmt::format("start {} is after end {}", value.text_of("start"), value.text_of("end")));
  else
    out.count = static_cast<std::uint64_t>((high - low) / out.step) + 1;
  out.low = low;
  return out;
}

Range GeneratorReader::seconds(const input::Value& value, const Type& type) {
  Range out{.distribution = distribution(value.find("distribution"), type, true)};
  if (value.find("min_secs") == nullptr || value.find("max_secs") == nullptr) return out;
  out.low = parse_integer(value.text_of("min_secs"));
  const std::int64_t high = parse_integer(value.text_of("max_secs"));
  if (out.low > high) throw Error(fmt::format("min_secs {} is above max_secs {}", out.low, high));
  out.count = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(out.low) + 1;
  return out;
}

}  // namespace assay::dataset
