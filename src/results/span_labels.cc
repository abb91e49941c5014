#include "results/span_labels.h"

#include <algorithm>

namespace assay {
namespace {

constexpr int kRows = 3;
constexpr double kGap = 4;  // between a stem and its text, and between texts

bool crosses(const SpanLabel& stem, const SpanLabel& text) {
  return stem.row < text.row && text.left - kGap < stem.at && stem.at < text.right + kGap / 2;
}

bool disturb(const SpanLabel& a, const SpanLabel& b) {
  const bool covered = a.row == b.row && a.left < b.right + kGap && b.left < a.right + kGap;
  return covered || crosses(a, b) || crosses(b, a);
}

class Placing {
 public:
  explicit Placing(const SpanScale& scale) : scale_(scale) {}

  std::vector<SpanLabel> all(const std::vector<ChartSpan>& spans) {
    std::vector<const ChartSpan*> phases, to_the_right, to_the_left;
    for (const ChartSpan& span : spans)
      (span.kind == ChartSpan::Kind::phase ? phases : fits_right(span) ? to_the_right : to_the_left).push_back(&span);
    // The text of one that comes first lies above the stems of those that follow, or, at the right edge, of those before.
    const auto earlier = [](const ChartSpan* a, const ChartSpan* b) { return a->from < b->from; };
    std::stable_sort(to_the_right.begin(), to_the_right.end(), earlier);
    std::stable_sort(to_the_left.rbegin(), to_the_left.rend(), earlier);
    for (const auto* list : {&phases, &to_the_right, &to_the_left})
      for (const ChartSpan* span : *list)
        if (!put(*span, span->label)) put(*span, std::string_view(span->label).substr(0, span->label.find(' ')));
    return std::move(labels_);
  }

 private:
  double width(std::string_view text) const { return scale_.width(text) + 2 * kGap; }
  bool fits_right(const ChartSpan& span) const { return scale_.place(span.from) + width(span.label) <= scale_.right; }

  /// False: there is no room.
  bool put(const ChartSpan& span, std::string_view text) {
    const bool phase = span.kind == ChartSpan::Kind::phase;
    const double at = scale_.place(span.from), wide = width(text);
    if (phase && at + wide > scale_.place(span.to)) return true;  // nobody misses the name of what is that short
    const double left = at + wide <= scale_.right ? at + kGap : at - wide + kGap;
    for (int row = 0; row < kRows; row++) {
      const SpanLabel label{at, left, left + wide - 2 * kGap, row, text, phase};
      if (std::any_of(labels_.begin(), labels_.end(), [&](const SpanLabel& other) { return disturb(label, other); }))
        continue;
      labels_.push_back(label);
      return true;
    }
    return false;
  }

  const SpanScale& scale_;
  std::vector<SpanLabel> labels_;
};

}  // namespace

std::vector<SpanLabel> place_labels(const std::vector<ChartSpan>& spans, const SpanScale& scale) {
  return Placing(scale).all(spans);
}

}  // namespace assay
