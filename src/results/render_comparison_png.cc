#include "base/error.h"
#include "results/comparison_text.h"
#include "results/formats.h"
#include "results/render_comparison.h"

#ifdef ASSAY_HAS_CAIRO
#include "results/picture.h"
#include "results/picture_of_pairs.h"
#endif

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace assay {

#ifndef ASSAY_HAS_CAIRO

std::vector<RenderedFile> render_comparison_png(const Comparison&, bool) {
  throw Error(fmt::format("this assay was built without --format png: apt install {}, and build it again",
                          find_format("png").missing_package));
}

#else

namespace {

constexpr double kWidth = 900, kMargin = 18, kRow = 22, kHead = 58, kGap = 14, kNote = 120, kInterval = 130;

using Align = Picture::Align;

std::string_view color_of(Standing standing) {
  if (standing == Standing::better) return "good";
  return standing == Standing::beyond || standing == Standing::worse ? "bad" : "text-soft";
}

/// "−34.8 % WORSE"
std::string note_of(const ComparedFigure& f, const SideDifference& d) {
  if (!std::isfinite(d.difference.change)) return "";
  const std::string standing = standing_text(d.standing);
  return change_text(f, d.difference) + (standing.empty() ? "" : " " + standing);
}

std::string subtitle_of(const Comparison& c) {
  std::string text = c.workload;
  for (const SideFacts& side : c.sides)
    text += fmt::format("{} {} {}", &side == &c.sides[0] ? ":" : ",", side.label, side.title);
  if (c.paired()) text += fmt::format(", {} pairs", c.sides[0].runs.size());
  const Verdict verdict = c.verdict();
  if (verdict != Verdict::pass) text += verdict == Verdict::fail ? ", FAIL" : ", INVALID";
  return text;
}

void draw_head(Picture& p, const Palette& palette, const std::string& title, const std::string& subtitle) {
  p.font(15, true);
  p.text(kMargin, kMargin + 12, title, palette["text"]);
  p.font(12);
  p.text(kMargin, kMargin + 32, p.cut(subtitle, kWidth - 2 * kMargin), palette["text-soft"]);
}

// --- The matrix ------------------------------------------------------------------------------------------------------

std::string title_of(const std::string& statistic) {
  if (statistic == "rate") return "Throughput";
  if (statistic == "errors") return "Errors, of the operations that were due";
  return statistic == "mean" ? "Mean response time" : "Response time " + statistic;
}

/// A group of bars for each operation, on a scale of its own: which side is the best at it.
std::string matrix_picture(const Comparison& c, const std::vector<const ComparedFigure*>& rows,
                           const std::string& subtitle, const Palette& palette) {
  const double height = static_cast<double>(rows.size()) * (kRow * static_cast<double>(c.sides.size() + 1) + kGap);
  Picture p(kWidth, kHead + height + kMargin, palette["card"]);
  const bool known = std::any_of(rows.begin(), rows.end(), [&](const ComparedFigure* f) {
    return std::any_of(f->against.begin() + 1, f->against.end(), [](const auto& d) { return d.difference.known(); });
  });
  draw_head(p, palette,
            title_of(rows.front()->name) +
                (known ? fmt::format(", changes with {:g} % intervals", c.options.confidence * 100) : ""),
            subtitle);
  double names = 0;
  for (const SideFacts& side : c.sides) names = std::max(names, p.text_width(side.label + " " + side.title));
  names = std::min(names, 260.0);
  const double from = kMargin + names + 12, value_to = kWidth - kMargin - kNote - kInterval - 8, to = value_to - 80;
  double y = kHead;
  for (const ComparedFigure* f : rows) {
    p.font(13, true);
    p.text(kMargin, y + 15, row_name(c, *f), palette["text"]);
    p.font(12);
    y += kRow;
    double most = 0;
    for (const std::optional<double>& v : f->values) most = std::max(most, v.value_or(0));
    for (std::size_t i = 0; i < c.sides.size(); i++, y += kRow) {
      p.text(kMargin, y + 15, p.cut(c.sides[i].label + " " + c.sides[i].title, names), palette["text"]);
      p.area(from, y + 5, to - from, 13, palette["ground"]);
      if (const double v = f->values[i].value_or(0); v > 0)
        p.area(from, y + 5, std::max(1.0, (to - from) * v / most), 13, palette[line_look(i).color]);
      p.text(value_to, y + 15, value_text(*f, i), palette["text"], Align::right);
      if (i == 0) continue;
      const SideDifference& d = f->against[i];
      p.text(value_to + 10, y + 15, note_of(*f, d), palette[color_of(d.standing)]);
      p.text(kWidth - kMargin, y + 15, interval_text(c, *f, d.difference), palette["text-soft"], Align::right);
    }
    y += kGap;
  }
  return p.png();
}

// --- The differences of two sides -------------------------------------------------------------------------------------

class DifferencesPicture {
 public:
  DifferencesPicture(const Comparison& c, std::vector<const ComparedFigure*> rows, const Palette& palette)
      : c_(c),
        rows_(std::move(rows)),
        palette_(palette),
        band_(c.options.tolerance.value_or(0)),
        bottom_(kHead + kRow * static_cast<double>(rows_.size())),
        p_(kWidth, bottom_ + 34 + kMargin, palette["card"]) {
    double reach = std::max(0.01, band_ * 1.3), names = 0;
    for (const ComparedFigure* f : rows_) {
      const ConfidenceInterval& interval = f->against[1].difference.interval;
      reach = std::max({reach, std::fabs(interval.low), std::fabs(interval.high)});
      names = std::max(names, p_.text_width(row_name(c, *f)));
    }
    scale_ = std::min(2.0, reach) * 1.04;  // what lies beyond is told by its numbers
    left_ = kMargin + std::min(names, 220.0) + 70;
    right_ = kWidth - kMargin - kNote - 12;
  }

  std::string png(const std::string& subtitle) {
    draw_head(p_, palette_,
              fmt::format("How much larger {} is than {}, with {:g} % intervals", c_.sides[1].label, c_.sides[0].label,
                          c_.options.confidence * 100),
              subtitle);
    if (band_ > 0) p_.area(place(-band_), kHead, place(band_) - place(-band_), bottom_ - kHead, palette_["ground"]);
    draw_axis();
    for (std::size_t i = 0; i < rows_.size(); i++) draw_row(i);
    return p_.png();
  }

 private:
  double place(double change) const {
    return (left_ + right_) / 2 + (right_ - left_) / 2 * std::clamp(change / scale_, -1.0, 1.0);
  }

  void draw_axis() {
    const double ten = std::pow(10.0, std::floor(std::log10(scale_ / 2)));
    double step = 10 * ten;
    for (const double k : {5.0, 2.0, 1.0})
      if (scale_ / (k * ten) <= 3) step = k * ten;
    for (double k = -std::floor(scale_ / step); k <= scale_ / step; k++) {
      const double x = place(k * step);
      p_.line(x, kHead, x, bottom_ + 5, palette_[k == 0 ? "text-soft" : "grid"]);
      const std::string label = fmt::format("{}{:g} %", k > 0 ? "+" : "", k * step * 100);
      p_.text(x, bottom_ + 20, label, palette_["text-soft"], Align::center);
    }
  }

  /// At the edge, behind which an interval goes on: to the left (-1) or to the right (1).
  void draw_arrow(double x, double y, double direction, std::string_view color) {
    p_.curve({x - direction * 4, x + direction * 5, x - direction * 4}, {y - 6, y, y + 6}, color, 3, {});
  }

  void draw_row(std::size_t i) {
    const ComparedFigure& f = *rows_[i];
    const SideDifference& d = f.against[1];
    const double y = kHead + kRow * static_cast<double>(i), middle = y + kRow / 2;
    const bool first = i == 0 || row_name(c_, *rows_[i - 1]) != row_name(c_, f);
    if (first) {
      p_.line(kMargin, y, kWidth - kMargin, y, palette_["grid"]);
      p_.text(kMargin, y + 15, p_.cut(row_name(c_, f), 220), palette_["text"]);
    }
    p_.text(left_ - 58, y + 15, f.name, palette_["text-soft"]);
    const std::string_view color = palette_[color_of(d.standing)];
    p_.line(place(d.difference.interval.low), middle, place(d.difference.interval.high), middle, color, 3);
    p_.disc(place(d.difference.change), middle, 4.5, color);
    if (d.difference.interval.low < -scale_) draw_arrow(left_, middle, -1, color);
    if (d.difference.interval.high > scale_) draw_arrow(right_, middle, 1, color);
    p_.text(right_ + 14, y + 15, note_of(f, d), color);
  }

  const Comparison& c_;
  std::vector<const ComparedFigure*> rows_;
  const Palette& palette_;
  double band_, bottom_;
  Picture p_;
  double scale_ = 1, left_ = 0, right_ = 0;
};

}  // namespace

std::vector<RenderedFile> render_comparison_png(const Comparison& c, bool dark) {
  const Palette palette(dark);
  const std::string subtitle = subtitle_of(c);
  std::vector<RenderedFile> files;
  std::vector<const ComparedFigure*> differences;
  std::vector<std::string> statistics;
  std::set<std::string> measured;  // rows of which there is anything
  for (const ComparedFigure& f : c.operations) {
    if (std::find(statistics.begin(), statistics.end(), f.name) == statistics.end()) statistics.push_back(f.name);
    if (!is_idle(f)) measured.insert(row_name(c, f));
    if (c.sides.size() == 2 && f.scale == Scale::relative && f.against[1].difference.known()) differences.push_back(&f);
  }
  if (!differences.empty())
    files.push_back({"differences.png", DifferencesPicture(c, differences, palette).png(subtitle)});
  for (const std::string& statistic : statistics) {
    std::vector<const ComparedFigure*> rows;
    for (const ComparedFigure& f : c.operations)
      if (f.name == statistic && measured.contains(row_name(c, f))) rows.push_back(&f);
    if (std::all_of(rows.begin(), rows.end(), [](const ComparedFigure* f) { return is_idle(*f); })) continue;
    files.push_back({fmt::format("matrix-{}.png", statistic), matrix_picture(c, rows, subtitle, palette)});
  }
  if (c.paired()) std::ranges::move(pictures_of_pairs(c, subtitle, palette), std::back_inserter(files));
  std::ranges::move(pictures_of(charts_of(c), subtitle, dark), std::back_inserter(files));
  return files;
}

#endif

}  // namespace assay
