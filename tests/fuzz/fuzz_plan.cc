// Plans as people write them: whatever the text, it is a plan, or mistakes that say something; a plan shows itself as one that
// reads as the same plan. Includes would read this machine's files, and are left out.
#include "fuzz/fuzz.h"
#include "plan/plan_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  const std::string_view text = fuzz::text_of(data, size);
  if (text.find("include") != std::string_view::npos) return 0;
  const plan::Reading reading = plan::read(text);
  for (const std::string& line : plan::lines(reading)) {
    ASSAY_ASSERT(line.size() > 10);
    for (const char c : line) ASSAY_ASSERT(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
  ASSAY_ASSERT(reading.plan.has_value() != reading.mistakes.any() || !reading.checked);
  if (!reading.plan) return 0;
  const std::string shown = plan::show_plan(*reading.checked);
  // A default with a secret in it is not shown: its variable must be set then.
  if (text.find(":-") != std::string_view::npos && shown.find("${") != std::string::npos) return 0;
  const plan::Reading again = plan::read(shown);
  ASSAY_ASSERT(again.plan.has_value());
  ASSAY_ASSERT(plan::show_plan(*again.checked) == shown);
  return 0;
}
