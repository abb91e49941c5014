// The result as its readers want it, in JSON: what render_json() prints and what the page of render_html() draws.
#pragma once

#include "results/charts.h"
#include "results/document.h"
#include "results/json_text.h"

namespace assay {

/// The members of the report, into an object that is open.
void put_report(JsonText&, const Document&);
/// "charts" with "time", "spans" and "list", into the same object. Numbers have five significant digits. A chart without
/// "x" has that of "time".
void put_charts(JsonText&, const Charts&);

}  // namespace assay
