#include "results/ticks.h"

#include <fmt/format.h>

#include <cmath>

namespace assay {

std::string short_text(double v) {
  const double size = std::fabs(v);
  if (size >= 1e9) return fmt::format("{:.6g}G", v / 1e9);
  if (size >= 1e6) return fmt::format("{:.6g}M", v / 1e6);
  if (size >= 1e4) return fmt::format("{:.6g}k", v / 1e3);
  return fmt::format("{:.6g}", v);
}

std::vector<Tick> even_ticks(double from, double to, int many) {
  const double rough = (to - from) / many, ten = std::pow(10.0, std::floor(std::log10(rough)));
  const double step = rough <= ten ? ten : rough <= 2 * ten ? 2 * ten : rough <= 5 * ten ? 5 * ten : 10 * ten;
  std::vector<Tick> ticks;
  for (double k = std::ceil(from / step - 1e-9); k * step <= to + step * 1e-9; k++)
    ticks.push_back({k * step, short_text(k == 0 ? 0 : k * step)});
  return ticks;
}

}  // namespace assay
