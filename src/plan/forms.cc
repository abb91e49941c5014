// What texts of a plan must be besides: conditions, schedules, addresses.
#include "base/error.h"
#include "base/units.h"
#include "core/schedule.h"
#include "core/url.h"
#include "plan/schema.h"
#include "results/threshold.h"

#include <algorithm>
#include <cctype>

namespace assay::plan {

const Form kCondition{.placeholder = "CONDITION",
                      .check =
                          [](const FieldSpec& field, const std::string& text) {
                            if (!text.empty() || !field.options)
                              Threshold::parse(text);  // an option of nothing is one not given
                          },
                      .caret = true};
const Form kSchedule{.placeholder = "SCHEDULE", .check = [](const FieldSpec&, const std::string& text) {
                       if (text.empty()) throw Error("the rate is empty; without a rate it is a closed loop");
                       Schedule::parse(text, "constant", "0", Nanos(0));
                     }};
const Form kThinkTime{
    .placeholder = "DURATION or exp:DURATION",
    .check = [](const FieldSpec&, const std::string& text) { Schedule::parse("", "constant", text, Nanos(0)); }};
const Form kUrl{.placeholder = "URL"};  // looked at by the driver, when all that belongs to it is known
const Form kAddress{.placeholder = "HOST:PORT", .check = [](const FieldSpec&, const std::string& text) {
                      const std::size_t colon = text.rfind(':');
                      const bool named = colon != std::string::npos && colon > 0;
                      if (!named) throw Error(fmt::format("'{}' is no address; expected HOST:PORT", text));
                      parse_port(std::string_view(text).substr(colon + 1));
                    }};
const Form kDurationOrNanoseconds{
    .placeholder = "DURATION", .check = [](const FieldSpec&, const std::string& text) {
      if (std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
        parse_count(text);
      else
        parse_duration(text);
    }};

}  // namespace assay::plan
