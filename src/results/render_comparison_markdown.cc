// A comparison as Markdown, for a comment under a pull request.

#include "results/comparison_text.h"
#include "results/render_comparison.h"
#include "results/text_forms.h"

#include <fmt/ranges.h>

namespace assay {
namespace {

const char* mark(Standing standing) {
  switch (standing) {
    case Standing::beyond:
      return "❌";
    case Standing::worse:
      return "🔻";
    case Standing::better:
      return "🟢";
    case Standing::within:
      return "=";
    case Standing::unclear:
    case Standing::unknown:
      break;
  }
  return "";
}

void add_varying(std::string& out, const Comparison& c, const std::vector<VaryingCircumstance>& list) {
  out += "| |";
  for (const SideFacts& side : c.sides) out += fmt::format(" {} |", side.label);
  out += "\n|---|";
  for (std::size_t i = 0; i < c.sides.size(); i++) out += "---|";
  out += "\n";
  for (const VaryingCircumstance& d : list) {
    out += fmt::format("| {} |", markdown_text(d.name));
    for (const std::string& value : d.values) out += fmt::format(" {} |", value.empty() ? "–" : markdown_text(value));
    out += "\n";
  }
}

void add_circumstances(std::string& out, const Comparison& c) {
  out += "\n### What differs besides\n\n";
  if (c.circumstances.empty())
    out += "Nothing that is recorded: configuration and environment are the same.\n";
  else
    add_varying(out, c, c.circumstances);
  if (c.own_settings.empty()) return;
  out += fmt::format("\n<details><summary>{} that not every kind of server here has</summary>\n\n",
                     one_or_more(c.own_settings.size(), "setting", "settings"));
  add_varying(out, c, c.own_settings);
  out += "\n</details>\n";
}

void add_differences(std::string& out, const Comparison& c, Footnotes& notes) {
  out += fmt::format(
      "\n### Operations\n\n| operation | | A | B | difference | {:g} % interval | effect | seen from | |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|---|\n",
      c.options.confidence * 100);
  std::string before;
  for (const ComparedFigure& f : c.operations) {
    if (is_idle(f)) continue;
    const SideDifference& d = f.against[1];
    const std::string row = row_name(c, f);
    const std::string judged = standing_text(d.standing);
    out +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", row == before ? "" : markdown_text(row), f.name,
                    value_text(f, 0), value_text(f, 1), change_text(f, d.difference), interval_text(c, f, d.difference),
                    effect_text(c, f, d.difference), detectable_text(f, d.difference),
                    d.why.empty() ? fmt::format("{} {}", mark(d.standing), judged) : notes.mark(d.why));
    before = row;
  }
}

void add_matrices(std::string& out, const Comparison& c, Footnotes& notes) {
  for (const std::string& statistic : c.options.statistics) {
    std::string rows;
    for (const ComparedFigure& f : c.operations) {
      if (f.name != statistic || is_idle(f)) continue;
      rows += fmt::format("| {} | {} |", markdown_text(row_name(c, f)), value_text(f, 0));
      for (std::size_t i = 1; i < c.sides.size(); i++) {
        const SideDifference& d = f.against[i];
        const std::string interval = interval_text(c, f, d.difference);
        rows += fmt::format(" {} | {}{} {} |", value_text(f, i), change_text(f, d.difference),
                            interval.empty() ? "" : " (" + interval + ")",
                            d.why.empty() ? mark(d.standing) : notes.mark(d.why));
      }
      rows += "\n";
    }
    if (rows.empty()) continue;
    out += fmt::format("\n### {}\n\n| operation |", statistic == "rate" ? "rate, completed per second" : statistic);
    std::string line = "|---|";
    for (std::size_t i = 0; i < c.sides.size(); i++) {
      const SideFacts& side = c.sides[i];
      out += fmt::format(" {} {} |{}", side.label, markdown_text(side.title), i == 0 ? "" : " against A |");
      line += i == 0 ? "--:|" : "--:|--:|";
    }
    out += "\n" + line + "\n" + rows;
  }
  out +=
      "\n🟢 better, 🔻 worse, ❌ worse by more than the tolerance, = the same, nothing: no difference was seen\n";
}

void add_figures(std::string& out, const Comparison& c) {
  if (c.figures.empty()) return;
  out += "\n### Of the whole run\n\n| | A |";
  std::string line = "|---|--:|";
  for (std::size_t i = 1; i < c.sides.size(); i++) {
    out += fmt::format(" {} | difference |{}", c.sides[i].label, c.paired() ? " interval |" : "");
    line += c.paired() ? "--:|--:|--:|" : "--:|--:|";
  }
  out += "\n" + line + "\n";
  for (const ComparedFigure& f : c.figures) {
    out += fmt::format("| {} | {} |", markdown_text(f.name), markdown_text(value_text(f, 0)));
    for (std::size_t i = 1; i < c.sides.size(); i++) {
      const Difference& d = f.against[i].difference;
      out += fmt::format(" {} | {} |", markdown_text(value_text(f, i)), change_text(f, d));
      if (c.paired()) out += fmt::format(" {} |", interval_text(c, f, d));
    }
    out += "\n";
  }
}

}  // namespace

std::string render_comparison_markdown(const Comparison& c) {
  const Verdict v = c.verdict();
  const char* verdict = v == Verdict::fail ? "❌ " : v == Verdict::invalid ? "⚠️ " : c.options.tolerance ? "✅ " : "";
  std::string out =
      fmt::format("## assay compare: {}\n\n{}{}\n\n", markdown_text(c.workload), verdict, markdown_text(conclusion(c)));
  for (const SideFacts& side : c.sides) {
    out += fmt::format("- **{}**: {}, {}{}\n", side.label, markdown_text(side.name), markdown_text(side.target),
                       side.runs.size() > 1 ? fmt::format(", {} runs", side.runs.size()) : "");
    for (const std::string& remark : side.remarks) out += fmt::format("  - {}\n", markdown_text(remark));
  }
  add_circumstances(out, c);
  Footnotes notes;
  if (c.sides.size() == 2)
    add_differences(out, c, notes);
  else
    add_matrices(out, c, notes);
  for (std::size_t i = 0; i < notes.texts().size(); i++)
    out += fmt::format("{}({}) no interval: {}\n", i == 0 ? "\n" : "  \n", i + 1, markdown_text(notes.texts()[i]));
  add_figures(out, c);
  out += "\n";
  for (const std::string& note : c.notes) out += fmt::format("> {}\n", markdown_text(note));
  return out;
}

}  // namespace assay
