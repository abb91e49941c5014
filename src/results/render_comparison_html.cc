#include "results/render_comparison.h"
namespace assay {
std::string render_comparison_html(const Comparison& c) { return render_comparison_json(c); }
}  // namespace assay
