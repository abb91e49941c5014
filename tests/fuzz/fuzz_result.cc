// The reader of results: what it takes comes back from its own text, and every renderer and the history can show it.
#include "fuzz/fuzz.h"
#include "results/render.h"
#include "results/render_history.h"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay;
  Document document;
  if (!fuzz::accepted([&] { document = from_json(fuzz::text_of(data, size)); })) return 0;
  const std::string text = to_json(document);
  ASSAY_ASSERT(to_json(from_json(text)) == text);
  for (const auto render :
       {render_csv, render_csv_series, render_json, render_json_lines, render_markdown, render_junit, render_html})
    render(document);
  ASSAY_ASSERT(!render_table(document, {}).empty());
  const History history = make_history({history_run(document, "a.json")});
  ASSAY_ASSERT(!render_history_table(history).empty() && !render_history_html(history).empty());
  return 0;
}
