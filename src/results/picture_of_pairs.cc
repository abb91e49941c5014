#include "results/picture_of_pairs.h"

#include "results/charts.h"
#include "results/comparison_text.h"
#include "results/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kWidth = 900, kHeight = 420, kMargin = 18, kTop = 92, kBottom = 62, kSwatch = 22;

using Align = Picture::Align;

class PictureOfPairs {
 public:
  PictureOfPairs(const Comparison& c, const ComparedFigure& f, const Palette& palette)
      : c_(c), f_(f), d_(f.against[1].difference), palette_(palette), p_(kWidth, kHeight, palette["card"]) {
    for (std::size_t i = 0; i < f.runs[0].size(); i++)
      changes_.push_back(100 * change_of(f.runs[0][i], f.runs[1][i], f.scale));
    std::vector<double> shown = changes_;
    shown.push_back(100 * d_.change);
    if (d_.known()) shown.insert(shown.end(), {100 * d_.interval.low, 100 * d_.interval.high});
    std::erase_if(shown, [](double v) { return !std::isfinite(v); });
    if (shown.empty()) shown = {0};
    const auto [least, most] = std::minmax_element(shown.begin(), shown.end());
    // Small changes fill the picture, and noise of far less than a per cent does not.
    const double room = std::max({0.15 * (*most - *least), 0.02 * std::fabs(*most), 0.1});
    from_ = *least - room;
    to_ = *most + room;
  }

  std::string png(const std::string& title, std::string_view subtitle) {
    p_.font(15, true);
    p_.text(kMargin, kMargin + 12, title, palette_["text"]);
    p_.font(12);
    p_.text(kMargin, kMargin + 32, p_.cut(std::string(subtitle), kWidth - 2 * kMargin), palette_["text-soft"]);
    draw_legend();
    draw_axes();
    if (d_.known())
      for (const double end : {d_.interval.low, d_.interval.high}) level(100 * end, "line-8", 1.5, {6, 4});
    if (std::isfinite(d_.change)) level(100 * d_.change, "all", 2, {});
    for (std::size_t i = 0; i < changes_.size(); i++)
      if (std::isfinite(changes_[i]))
        p_.disc(x_of(static_cast<double>(i + 1)), y_of(changes_[i]), 4, palette_["line-1"]);
    return p_.png();
  }

 private:
  double x_of(double pair) const {
    return kLeft + (pair - 0.5) / static_cast<double>(changes_.size()) * (kWidth - kMargin - kLeft);
  }
  double y_of(double change) const {
    return kHeight - kBottom - (change - from_) / (to_ - from_) * (kHeight - kBottom - kTop);
  }
  const char* unit() const { return f_.scale == Scale::absolute ? "pp" : "%"; }

  void level(double change, std::string_view color, double width, const std::vector<double>& dash) {
    p_.line(kLeft, y_of(change), kWidth - kMargin, y_of(change), palette_[color], width, dash);
  }

  void draw_legend() {
    double x = kMargin;
    const double y = kMargin + 52;
    const auto say = [&](const std::string& text) {
      p_.text(x + kSwatch + 6, y + 4, text, palette_["text"]);
      x += kSwatch + 6 + p_.text_width(text) + 18;
    };
    p_.disc(x + kSwatch / 2, y, 4, palette_["line-1"]);
    say("a pair");
    const std::string standing = standing_text(f_.against[1].standing);
    p_.line(x, y, x + kSwatch, y, palette_["all"], 2);
    say(fmt::format("median {}{}{}", change_text(f_, d_), standing.empty() ? "" : " ", standing));
    if (!d_.known()) return;
    p_.line(x, y, x + kSwatch, y, palette_["line-8"], 1.5, {6, 4});
    say(fmt::format("{:g} % interval {}", c_.options.confidence * 100, interval_text(c_, f_, d_)));
  }

  void draw_axes() {
    const double bottom = kHeight - kBottom;
    for (const Tick& tick : even_ticks(from_, to_, 6)) {
      p_.line(kLeft, y_of(tick.at), kWidth - kMargin, y_of(tick.at), palette_[tick.at == 0 ? "text-soft" : "grid"]);
      p_.text(kLeft - 7, y_of(tick.at) + 4, (tick.at > 0 ? "+" : "") + tick.label, palette_["text-soft"], Align::right);
    }
    double free_from = 0;  // numbers do not run into each other
    for (std::size_t pair = 1; pair <= changes_.size(); pair++) {
      const std::string label = std::to_string(pair);
      const double x = x_of(static_cast<double>(pair)), half = p_.text_width(label) / 2;
      if (x - half < free_from) continue;
      p_.line(x, bottom, x, bottom + 5, palette_["grid"]);
      p_.text(x, bottom + 19, label, palette_["text-soft"], Align::center);
      free_from = x + half + 8;
    }
    p_.line(kLeft, bottom, kWidth - kMargin, bottom, palette_["border"]);
    p_.text((kLeft + kWidth - kMargin) / 2, bottom + 39, "pair", palette_["text-soft"], Align::center);
    p_.text_upwards(kMargin + 9, (kTop + bottom) / 2, unit(), palette_["text-soft"]);
  }

  static constexpr double kLeft = kMargin + 76;

  const Comparison& c_;
  const ComparedFigure& f_;
  const Difference& d_;
  const Palette& palette_;
  Picture p_;
  std::vector<double> changes_;
  double from_ = 0, to_ = 1;
};

}  // namespace

std::vector<RenderedFile> pictures_of_pairs(const Comparison& c, std::string_view subtitle, const Palette& palette) {
  PictureNames names;
  std::vector<RenderedFile> files;
  for (const auto* list : {&c.operations, &c.figures})
    for (const ComparedFigure& f : *list) {
      if (is_idle(f)) continue;
      const std::string row = f.operation.empty() ? "" : row_name(c, f);
      const std::string title = fmt::format("{}{}{}: {} against {}, pair by pair", row, row.empty() ? "" : ", ", f.name,
                                            c.sides[1].label, c.sides[0].label);
      files.push_back({names.next({"pairs", row, f.name}), PictureOfPairs(c, f, palette).png(title, subtitle)});
    }
  return files;
}

}  // namespace assay
