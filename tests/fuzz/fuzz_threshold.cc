// Conditions: what is parsed can be judged, and shows its values in a form that means the same.
#include "fuzz/fuzz.h"
#include "results/measured_run.h"
#include "results/sample_document.h"
#include "results/threshold.h"

namespace {

using namespace assay;

void judge(const Threshold& threshold) {
  static const Document document = large_document(20, 3);
  static const MeasuredRun run = MeasuredRun::of(document), nothing{};
  for (const MeasuredRun* of : {&run, &nothing})
    fuzz::accepted([&] { threshold.evaluate([&](const ThresholdValue& value) { return value_in(*of, value); }); });
  const auto none = threshold.evaluate([](const ThresholdValue&) { return std::nullopt; });
  ASSAY_ASSERT(none.truth == Threshold::Truth::unknown);
}

/// The text of a value reads back as the value; its name alone cannot hold the quote that would end it.
void read_back(const std::vector<ThresholdValue>& values) {
  for (const ThresholdValue& value : values) {
    const std::vector<ThresholdValue> again = parse_threshold_values(value.text());
    ASSAY_ASSERT(again.size() == 1 && again[0].name == value.name && again[0].arguments == value.arguments);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  fuzz::accepted([&] {
    const Threshold threshold = Threshold::parse(text);
    ASSAY_ASSERT(!threshold.values().empty());
    read_back(threshold.values());
    judge(threshold);
  });
  fuzz::accepted([&] { read_back(parse_threshold_values(text)); });
  return 0;
}
