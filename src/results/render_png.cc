// The charts of a result as PNG files: the same lines and colours as on the page (results/charts.h), with the title of the
// run on each, so that a picture alone says what it is of.

#include "base/error.h"
#include "base/units.h"
#include "results/charts.h"
#include "results/picture.h"
#include "results/render.h"
#include "results/report_page.h"
#include "results/span_labels.h"
#include "results/ticks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kWidth = 900, kMargin = 18, kLegendLine = 20, kSwatch = 22, kLabelLine = 15, kLabelFont = 11;

using Align = Picture::Align;

struct YAxis {
  double from = 0, to = 1;
  std::vector<Tick> ticks;
};

YAxis even_axis(double most) {
  YAxis axis;
  axis.to = most > 0 ? most * 1.08 : 1;
  axis.ticks = even_ticks(0, axis.to, 5);
  return axis;
}

/// Of logarithms. From a 1, 2 or 5 below to one above, but a decade at least; labels at 1, 2, 5 where there is room.
YAxis log_axis(double least, double most) {
  YAxis axis;
  const auto step_below = [](double v) {
    const double ten = std::pow(10.0, std::floor(std::log10(v)));
    return v >= 5 * ten ? 5 * ten : v >= 2 * ten ? 2 * ten : ten;
  };
  const double bottom = step_below(least * (1 + 1e-9));
  double top = step_below(most * (1 - 1e-9));
  top =
      std::max(top * (std::fabs(top / std::pow(10.0, std::floor(std::log10(top))) - 2) < 0.01 ? 2.5 : 2), bottom * 10);
  axis.from = std::log10(bottom);
  axis.to = std::log10(top);
  const bool narrow = axis.to - axis.from <= 3.5;
  for (double ten = std::floor(axis.from); ten <= axis.to + 1e-9; ten++)
    for (const double step : {1.0, 2.0, 5.0}) {
      const double at = ten + std::log10(step);
      if (at >= axis.from - 1e-9 && at <= axis.to + 1e-9 && (narrow || step == 1))
        axis.ticks.push_back({at, short_text(std::pow(10.0, at))});
    }
  return axis;
}

class ChartPicture {
 public:
  ChartPicture(const Chart& chart, const std::vector<ChartSpan>& spans, const Palette& palette,
               std::string_view subtitle)
      : chart_(chart), palette_(palette) {
    for (const ChartLine& line : chart.lines)
      if (!line.hidden) lines_.push_back(&line);
    if (chart.axis == Chart::Axis::time) spans_ = &spans;
    choose_y();
    const Picture measuring(8, 8, palette["card"]);  // widths of text decide the size of the picture
    double left = 0;
    for (const Tick& tick : y_.ticks) left = std::max(left, measuring.text_width(tick.label));
    left_ = kMargin + 20 + left + 8;
    strip_ = kMargin + 44 + place_legend(measuring) + 8;
    top_ = strip_ + name_spans();
    height_ = chart.height + 40.0;
    picture_ = std::make_unique<Picture>(kWidth, top_ + height_ + 44 + kMargin, palette["card"]);
    draw(subtitle);
  }

  std::string png() const { return picture_->png(); }

 private:
  struct Entry {
    double x, y;
    const ChartLine* line;
  };

  void choose_y() {
    double least = std::numeric_limits<double>::infinity(), most = 0;
    for (const ChartLine* line : lines_)
      for (const double v : line->values) {
        if (!(v > 0)) continue;  // NaN, and what a logarithm does not have
        least = std::min(least, v);
        most = std::max(most, v);
      }
    if (chart_.log)
      y_ = most > 0 ? log_axis(least, most) : log_axis(0.1, 10);
    else
      y_ = even_axis(most);
  }

  /// Answers its height.
  double place_legend(const Picture& measuring) {
    double x = kMargin, y = 0;
    for (const ChartLine* line : lines_) {
      const double width = kSwatch + 6 + measuring.text_width(line->name) + 18;
      if (x + width > kWidth - kMargin && x > kMargin) x = kMargin, y += kLegendLine;
      legend_.push_back({x, y, line});
      x += width;
    }
    return legend_.empty() ? 0 : y + kLegendLine;
  }

  /// Answers the height of the names of phases and events above the chart.
  double name_spans() {
    if (spans_ == nullptr) return 0;
    Picture measuring(8, 8, palette_["card"]);
    measuring.font(kLabelFont);
    labels_ = place_labels(*spans_, {[&](double s) { return x_of(s); },
                                     [&](std::string_view text) { return measuring.text_width(text); }, right()});
    int rows = 0;
    for (const SpanLabel& label : labels_) rows = std::max(rows, label.row + 1);
    return rows * kLabelLine;
  }

  double right() const { return kWidth - kMargin - 6; }
  double x_of(double v) const {
    return left_ + (v - chart_.x_from) / (chart_.x_to - chart_.x_from) * (right() - left_);
  }
  double y_of(double v) const {
    if (chart_.log) v = v > 0 ? std::log10(v) : std::nan("");
    return top_ + height_ - (v - y_.from) / (y_.to - y_.from) * height_;
  }

  void draw(std::string_view subtitle) {
    Picture& p = *picture_;
    p.font(15, true);
    p.text(kMargin, kMargin + 12, chart_.title, palette_["text"]);
    p.font(12);
    p.text(kMargin, kMargin + 32, subtitle, palette_["text-soft"]);
    for (const Entry& entry : legend_) {
      const double x = entry.x, y = kMargin + 44 + entry.y + 8;
      if (entry.line->shape != ChartLine::Shape::bars)
        p.line(x, y, x + kSwatch, y, palette_[entry.line->color], std::max(2.0, entry.line->width), entry.line->dash);
      else
        p.area(x, y - 5, kSwatch, 10, palette_[entry.line->color]);
      p.text(x + kSwatch + 6, y + 4, entry.line->name, palette_["text"]);
    }
    p.clip(left_, top_, right() - left_, height_);
    draw_spans();
    p.unclip();
    draw_axes();
    draw_labels();
    p.clip(left_, top_ - 1, right() - left_ + 1, height_ + 2);
    for (const ChartLine* line : lines_) draw_line(*line);
    p.unclip();
  }

  void draw_axes() {
    Picture& p = *picture_;
    const double bottom = top_ + height_;
    for (const Tick& tick : y_.ticks) {
      const double y = chart_.log ? y_of(std::pow(10.0, tick.at)) : y_of(tick.at);
      p.line(left_, y, right(), y, palette_["grid"]);
      p.text(left_ - 7, y + 4, tick.label, palette_["text-soft"], Align::right);
    }
    std::vector<Tick> ticks;
    for (const auto& [at, label] : chart_.ticks) ticks.push_back({at, label});
    if (ticks.empty()) ticks = even_ticks(chart_.x_from, chart_.x_to, 10);
    double free_from = 0;  // labels do not run into each other
    for (const Tick& tick : ticks) {
      const double x = x_of(tick.at), half = p.text_width(tick.label) / 2;
      p.line(x, top_, x, bottom + 5, palette_["grid"]);
      if (x - half < free_from || x + half > kWidth) continue;
      p.text(x, bottom + 19, tick.label, palette_["text-soft"], Align::center);
      free_from = x + half + 8;
    }
    p.line(left_, bottom, right(), bottom, palette_["border"]);
    p.text((left_ + right()) / 2, bottom + 39, chart_.x_label, palette_["text-soft"], Align::center);
    p.text_upwards(kMargin + 9, top_ + height_ / 2, chart_.unit, palette_["text-soft"]);
  }

  void draw_line(const ChartLine& line) {
    if (line.shape == ChartLine::Shape::bars) return draw_bars(line);
    std::vector<double> x, y;
    for (std::size_t i = 0; i < chart_.x.size(); i++) {
      x.push_back(x_of(chart_.x[i]));
      y.push_back(y_of(line.values[i]));
      if (line.shape == ChartLine::Shape::steps && i + 1 < chart_.x.size()) {
        x.push_back(x_of(chart_.x[i + 1]));
        y.push_back(std::isnan(line.values[i + 1]) ? std::nan("") : y.back());
      }
    }
    picture_->curve(x, y, palette_[line.color], line.width, line.dash);
  }

  void draw_bars(const ChartLine& line) {
    const double all = right() - left_;
    double width = all;
    for (std::size_t i = 1; i < chart_.x.size(); i++)
      width = std::min(width, x_of(chart_.x[i]) - x_of(chart_.x[i - 1]));
    width = std::clamp(width * 0.9, 1.0, 30.0);
    for (std::size_t i = 0; i < chart_.x.size(); i++)
      if (line.values[i] > 0)
        picture_->area(x_of(chart_.x[i]) - width / 2, y_of(line.values[i]), width, y_of(0) - y_of(line.values[i]),
                       palette_[line.color]);
  }

  void draw_spans() {
    if (spans_ == nullptr) return;
    for (const ChartSpan& span : *spans_) {
      const double from = x_of(span.from), to = x_of(span.to);
      if (span.kind == ChartSpan::Kind::instant)
        picture_->line(from, top_, from, top_ + height_, palette_["event"], 1, {4, 3});
      else
        picture_->area(from, top_, std::max(to - from, 2.0), height_,
                       palette_[span.kind == ChartSpan::Kind::outage ? "outage" : "ground"]);
    }
  }

  void draw_labels() {
    picture_->font(kLabelFont);
    for (const SpanLabel& label : labels_) {
      const double y = strip_ + label.row * kLabelLine;
      const std::string_view color = palette_[label.phase ? "text-soft" : "event"];
      picture_->line(label.at, y, label.at, top_, color);
      picture_->text(label.left, y + 11, label.text, color);
    }
  }

  const Chart& chart_;
  const Palette& palette_;
  const std::vector<ChartSpan>* spans_ = nullptr;
  std::vector<const ChartLine*> lines_;
  YAxis y_;
  std::vector<Entry> legend_;
  std::vector<SpanLabel> labels_;
  double left_ = 0, strip_ = 0, top_ = 0, height_ = 0;
  std::unique_ptr<Picture> picture_;
};

}  // namespace

std::vector<RenderedFile> pictures_of(const Charts& charts, std::string_view subtitle, bool dark) {
  const Palette palette(dark);
  std::vector<RenderedFile> files;
  PictureNames names;
  for (const Chart& chart : charts.charts) {
    const bool of_target = chart.section == Chart::Section::target;
    files.push_back({names.next({of_target ? "target" : chart.id, of_target ? chart.title : "", chart.choice}),
                     ChartPicture(chart, charts.spans, palette, subtitle).png()});
  }
  return files;
}

std::vector<RenderedFile> render_png(const Document& d, bool dark) {
  std::string subtitle = d.workload.name;
  for (const TargetFacts& t : d.targets)
    subtitle += fmt::format("{}{} {}", &t == &d.targets.front() ? " on " : ", ", t.server.empty() ? t.driver : t.server,
                            t.server_version);
  subtitle += fmt::format(", {}{}", format_wall(d.started),
                          d.verdict.verdict == Verdict::pass
                              ? ""
                              : fmt::format(", {}", d.verdict.verdict == Verdict::fail ? "FAIL" : "INVALID"));
  return pictures_of(charts_of(d), subtitle, dark);
}

}  // namespace assay
