// The result as its readers want it, in JSON: what render_json() prints and what the page of render_html() draws.
#pragma once

#include "results/document.h"
#include "results/json_text.h"

namespace assay {

/// The members of the report, into an object that is open.
void put_report(JsonText&, const Document&);
/// "series", "distribution" and "target_series", into the same object: what charts need beside.
void put_charts(JsonText&, const Document&);

}  // namespace assay
