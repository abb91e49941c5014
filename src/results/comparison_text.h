// The parts of a comparison as people read them, the same in the table and in Markdown.
#pragma once

#include "results/comparison.h"

#include <string>
#include <vector>

namespace assay {

/// "63.2 ms", "1,171 /s", "0.12 %"; "–" where there is none.
std::string value_text(const ComparedFigure&, std::size_t side);
/// "+11.2 %", of shares "+0.31 pp", percentage points; "–" when there is none, as from 0.
std::string change_text(const ComparedFigure&, const Difference&);
/// "+8.1 … +13.9 %", with the digits that show on which side of 0 and of the tolerance an end lies; empty when there is none.
std::string interval_text(const Comparison&, const ComparedFigure&, const Difference&);
/// The smallest change that would have been seen: "2.1 %"; empty when there is no interval.
std::string detectable_text(const ComparedFigure&, const Difference&);
/// What the effect is: "g", "delta", of pairs "pairs"; "" where there is none.
std::string_view effect_kind(const Comparison&, const ComparedFigure&, const Difference&);
/// "g +1.2", "δ +0.31", of pairs "9 of 10 larger"; empty where there is none.
std::string effect_text(const Comparison&, const ComparedFigure&, const Difference&);
/// "WORSE", "worse", "better", "same", "" for unclear; for unknown "".
std::string standing_text(Standing);

/// Why there is no interval, each reason once, numbered from 1 in the order of their figures.
class Footnotes {
 public:
  /// "" when there is no reason.
  std::string mark(const std::string& why);
  const std::vector<std::string>& texts() const noexcept { return texts_; }

 private:
  std::vector<std::string> texts_;
};

/// What a reader should know before the numbers.
std::vector<std::string> notes_of(const Comparison&);

/// The values of a circumstance in columns of `width` characters: where one is too long, without most of what all begin
/// with, so that what is left tells them apart. "–" for none.
std::vector<std::string> told_apart(const std::vector<std::string>& values, std::size_t width);

/// What the comparison came to, in a sentence or some.
std::string conclusion(const Comparison&);

}  // namespace assay
