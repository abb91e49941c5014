#include "results/span_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using Kind = ChartSpan::Kind;

/// A pixel for each second of a minute and a half, six for each character.
std::vector<SpanLabel> placed(const std::vector<ChartSpan>& spans) {
  return place_labels(spans, {[](double s) { return s; }, [](std::string_view t) { return 6.0 * t.size(); }, 500});
}

std::string crossing(const std::vector<SpanLabel>& labels) {
  for (const SpanLabel& stem : labels)
    for (const SpanLabel& text : labels) {
      if (&stem == &text) continue;
      if (stem.row < text.row && text.left < stem.at && stem.at < text.right)
        return std::string(stem.text) + " crosses " + std::string(text.text);
      if (stem.row == text.row && stem.left < text.right && text.left < stem.right)
        return std::string(stem.text) + " covers " + std::string(text.text);
    }
  return "";
}

TEST(SpanLabels, no_stem_goes_through_a_name) {
  // The name of the second lies below the first's and reaches under the place of the third, which the first leaves free.
  const std::vector<ChartSpan> spans = {{100, 100, Kind::instant, "1 outage"},
                                        {130, 130, Kind::instant, "2 sessions_lost"},
                                        {170, 170, Kind::instant, "3 x"}};
  const std::vector<SpanLabel> labels = placed(spans);
  ASSERT_EQ(labels.size(), 3u);
  EXPECT_EQ(crossing(labels), "");
  EXPECT_EQ(labels[2].row, 2);
}

TEST(SpanLabels, at_the_right_edge_names_stand_to_the_left_of_their_stems) {
  const std::vector<ChartSpan> spans = {{460, 460, Kind::instant, "1 outage"}, {480, 480, Kind::instant, "2 outage"}};
  const std::vector<SpanLabel> labels = placed(spans);
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_LT(labels[0].right, labels[0].at);
  EXPECT_EQ(crossing(labels), "");
}

TEST(SpanLabels, of_many_events_in_any_order_none_disturbs_another) {
  std::vector<ChartSpan> spans = {{0, 40, Kind::phase, "ramp"}, {40, 140, Kind::phase, "warm-up"}};
  for (int i = 0; i < 40; i++) {
    const double at = 37 * i % 500;
    spans.push_back(
        {at, at + 5.0 * (i % 3), i % 3 == 0 ? Kind::instant : Kind::outage, std::to_string(i + 1) + " outage"});
    EXPECT_EQ(crossing(placed(spans)), "") << i;
  }
  EXPECT_GE(placed(spans).size(), 10u) << "there is room for that many";
}

TEST(SpanLabels, what_has_no_room_is_its_number_or_nothing) {
  std::vector<ChartSpan> spans;
  for (int i = 1; i <= 5; i++) spans.push_back({100.0 + i, 0, Kind::instant, std::to_string(i) + " outage"});
  const std::vector<SpanLabel> labels = placed(spans);
  ASSERT_EQ(labels.size(), 3u);
  for (const SpanLabel& label : labels) EXPECT_THAT(std::string(label.text), testing::HasSubstr("outage"));
  EXPECT_TRUE(placed({{0, 10, Kind::phase, "warm-up"}}).empty());
}

}  // namespace
}  // namespace assay
