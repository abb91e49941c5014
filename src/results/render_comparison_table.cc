#include "base/units.h"
#include "results/comparison_text.h"
#include "results/render_comparison.h"
#include "results/text_forms.h"
#include "results/text_table.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace assay {
namespace {

using Align = TextTable::Align;
using Cell = TextTable::Cell;

Tint tint_of(Standing s) {
  switch (s) {
    case Standing::beyond:
    case Standing::worse:
      return Tint::bad;
    case Standing::better:
      return Tint::good;
    default:
      return Tint::dim;
  }
}

class ComparisonTable {
 public:
  ComparisonTable(const Comparison& comparison, const TableStyle& style)
      : c_(comparison), color_(style.color), width_(static_cast<std::size_t>(std::max(style.width, 60))) {}

  std::string render() {
    headline();
    circumstances();
    if (c_.sides.size() == 2)
      differences();
    else
      matrices();
    figures();
    notes();
    return std::move(out_);
  }

 private:
  void line(std::string_view text) { out_.append(text).append("\n"); }
  void title(std::string_view text) { line("\n" + tinted(text, Tint::bold, color_)); }

  void headline() {
    line(tinted(fmt::format("assay compare: {}, {} against {}{}", c_.workload,
                            c_.sides.size() == 2 ? c_.sides[1].label : "the others", c_.sides[0].label,
                            c_.paired() ? fmt::format(", {} pairs", c_.sides[0].runs.size()) : ""),
                Tint::bold, color_));
    TextTable t({Align::left, Align::left, Align::left, Align::left});
    for (const SideFacts& side : c_.sides) {
      const Document& run = *side.runs.front();
      t.row({{side.label, Tint::bold},
             {side.name},
             {side.target},
             {fmt::format("{}, measured for {}", format_wall(run.started),
                          format_duration(std::chrono::round<std::chrono::milliseconds>(run.measured_length()))),
              Tint::dim}});
    }
    out_ += t.text(width_, color_);
    for (const SideFacts& side : c_.sides)
      for (const std::string& remark : side.remarks)
        line("  " + tinted(side.label + " ", Tint::bold, color_) +
             tinted(wrapped(remark, width_ - 4, 4), side.invalid ? Tint::bad : Tint::odd, color_));
  }

  void circumstances() {
    title("What differs besides");
    if (c_.circumstances.empty()) return line("  nothing that is recorded: configuration and environment are the same");
    TextTable t(std::vector<Align>(c_.sides.size() + 1, Align::left));
    std::vector<Cell> head{{"", Tint::dim}};
    for (const SideFacts& side : c_.sides) head.push_back({side.label, Tint::dim});
    t.row(head);
    // The names stay whole: half a name may be that of another setting.
    std::size_t names = 0;
    for (const VaryingCircumstance& d : c_.circumstances) names = std::max(names, width_of(d.name));
    const std::size_t taken = 2 + names + 2 * c_.sides.size();
    const std::size_t room = std::max<std::size_t>(12, (width_ - std::min(width_, taken)) / c_.sides.size());
    for (const VaryingCircumstance& d : c_.circumstances) {
      std::vector<Cell> cells{{d.name}};
      for (std::string& value : told_apart(d.values, room)) cells.push_back({std::move(value)});
      t.row(cells);
    }
    out_ += t.text(width_, color_);
    if (const std::size_t own = c_.own_settings.size(); own > 0)
      line("  " +
           tinted(wrapped(fmt::format("and {} that not every kind of server here has: --format html or json has them",
                                      one_or_more(own, "setting", "settings")),
                          width_ - 2, 2),
                  Tint::dim, color_));
  }

  // --- two sides ----------------------------------------------------------------------------------------------------

  void differences() {
    title("Operations");
    Footnotes notes;
    // What does not fit is left out rather than cut: the table of the least columns is what a difference cannot do without.
    for (const auto& [gap, columns] : {std::pair{std::size_t{2}, 2}, {1, 2}, {2, 1}, {1, 1}, {1, 0}})
      if (const TextTable t = difference_table(gap, columns, notes); t.width() <= width_ || columns == 0) {
        out_ += t.text(width_, color_);
        more_columns_ = columns;
        break;
      }
    footnotes(notes);
  }

  /// Besides what is always there, `more` of the columns effect and seen from.
  TextTable difference_table(std::size_t gap, int more, Footnotes& notes) const {
    std::vector<Align> columns(6 + static_cast<std::size_t>(more), Align::right);
    columns[0] = columns[1] = Align::left;
    columns.push_back(Align::left);
    std::vector<Cell> head{
        {"operation", Tint::dim},       {"", Tint::dim},
        {c_.sides[0].label, Tint::dim}, {c_.sides[1].label, Tint::dim},
        {"difference", Tint::dim},      {fmt::format("{:g} % interval", c_.options.confidence * 100), Tint::dim}};
    if (more > 0) head.push_back({"seen from", Tint::dim});
    if (more > 1) head.push_back({"effect", Tint::dim});
    head.push_back({"", Tint::dim});
    TextTable t(columns, gap);
    t.row(head);
    std::string before;
    for (const ComparedFigure& f : c_.operations) {
      if (is_idle(f)) continue;
      const SideDifference& d = f.against[1];
      const std::string row = row_name(c_, f);
      std::vector<Cell> cells{{row == before ? "" : row},
                              {f.name},
                              {value_text(f, 0)},
                              {value_text(f, 1)},
                              {change_text(f, d.difference)},
                              {interval_text(c_, f, d.difference)}};
      if (more > 0) cells.push_back({detectable_text(f, d.difference), Tint::dim});
      if (more > 1) cells.push_back({effect_text(c_, f, d.difference)});
      cells.push_back({d.why.empty() ? standing_text(d.standing) : notes.mark(d.why), tint_of(d.standing)});
      t.row(cells);
      before = row;
    }
    return t;
  }

  // --- more than two ------------------------------------------------------------------------------------------------

  void matrices() {
    Footnotes notes;
    for (const std::string& statistic : c_.options.statistics) {
      std::vector<const ComparedFigure*> rows;
      for (const ComparedFigure& f : c_.operations)
        if (f.name == statistic && !is_idle(f)) rows.push_back(&f);
      if (rows.empty()) continue;
      title(statistic == "rate" ? "rate (completed per second)" : statistic);
      matrix(rows, notes);
    }
    line("");
    line("  " + wrapped(fmt::format("Against A, with {:g} % intervals: ✓ better, ✗ worse, ✗✗ worse by more than the "
                                    "tolerance, = the same, ? not seen",
                                    c_.options.confidence * 100),
                        width_ - 2, 2));
    footnotes(notes);
  }

  static const char* symbol(Standing s) {
    switch (s) {
      case Standing::beyond:
        return "✗✗";
      case Standing::worse:
        return "✗";
      case Standing::better:
        return "✓";
      case Standing::within:
        return "=";
      case Standing::unclear:
        return "?";
      case Standing::unknown:
        break;
    }
    return "";
  }

  /// The baseline and as many sides as fit, and again with the others.
  void matrix(const std::vector<const ComparedFigure*>& rows, Footnotes& notes) {
    std::vector<std::size_t> sides;
    for (std::size_t i = 1; i < c_.sides.size(); i++) {
      std::vector<std::size_t> more = sides;
      more.push_back(i);
      if (!sides.empty() && matrix_table(rows, more, notes).width() > width_) {
        out_ += matrix_table(rows, sides, notes).text(width_, color_);
        more = {i};
      }
      sides = more;
    }
    out_ += matrix_table(rows, sides, notes).text(width_, color_);
  }

  TextTable matrix_table(const std::vector<const ComparedFigure*>& rows, const std::vector<std::size_t>& sides,
                         Footnotes& notes) const {
    std::vector<Align> columns{Align::left, Align::right};
    std::vector<Cell> head{{"operation", Tint::dim}, {heading(0), Tint::dim}};
    for (const std::size_t i : sides) {
      columns.insert(columns.end(), {Align::right, Align::right, Align::right, Align::left});
      head.insert(head.end(), {{"  " + heading(i), Tint::dim}, {"", Tint::dim}, {"", Tint::dim}, {"", Tint::dim}});
    }
    TextTable t(columns, 1);
    t.row(head);
    for (const ComparedFigure* f : rows) {
      std::vector<Cell> cells{{row_name(c_, *f)}, {value_text(*f, 0)}};
      for (const std::size_t i : sides) {
        const SideDifference& d = f->against[i];
        cells.push_back({value_text(*f, i)});
        cells.push_back({change_text(*f, d.difference), tint_of(d.standing)});
        const std::string interval = interval_text(c_, *f, d.difference);
        cells.push_back({interval.empty() ? "" : "(" + interval + ")", Tint::dim});
        cells.push_back({d.why.empty() ? symbol(d.standing) : notes.mark(d.why), tint_of(d.standing)});
      }
      t.row(cells);
    }
    return t;
  }

  std::string heading(std::size_t side) const {
    const SideFacts& s = c_.sides[side];
    return s.title == s.name ? s.label : cut_to(s.label + " " + s.title, 22);
  }

  // --- both ---------------------------------------------------------------------------------------------------------

  void footnotes(const Footnotes& notes) {
    for (std::size_t i = 0; i < notes.texts().size(); i++)
      line("  " + wrapped(fmt::format("({}) no interval: {}", i + 1, notes.texts()[i]), width_ - 2, 6));
  }

  void figures() {
    if (c_.figures.empty()) return;
    title(c_.paired() ? "Of the whole run" : "Of the whole run (one number each, so without an interval)");
    std::vector<Align> columns{Align::left, Align::right};
    std::vector<Cell> head{{"", Tint::dim}, {c_.sides[0].label, Tint::dim}};
    for (std::size_t i = 1; i < c_.sides.size(); i++) {
      columns.insert(columns.end(), {Align::right, Align::right, Align::left});
      head.insert(head.end(),
                  {{c_.sides[i].label, Tint::dim},
                   {"difference", Tint::dim},
                   {c_.paired() ? fmt::format("{:g} % interval", c_.options.confidence * 100) : "", Tint::dim}});
    }
    columns.push_back(Align::left);
    head.push_back({"", Tint::dim});
    TextTable t(columns);
    t.row(head);
    for (const ComparedFigure& f : c_.figures) {
      std::vector<Cell> cells{{f.name}, {value_text(f, 0)}};
      for (std::size_t i = 1; i < c_.sides.size(); i++)
        cells.insert(cells.end(), {{value_text(f, i)},
                                   {change_text(f, f.against[i].difference)},
                                   {c_.paired() ? fmt::format("{} {}", interval_text(c_, f, f.against[i].difference),
                                                              standing_text(f.against[i].standing))
                                                : "",
                                    tint_of(f.against[i].standing)}});
      cells.push_back({f.note, Tint::dim});
      t.row(cells);
    }
    out_ += t.text(width_, color_);
  }

  void notes() {
    line("");
    for (const std::string& note : c_.notes) line("  " + wrapped(note, width_ - 2, 2));
    line("  " + wrapped(legend(), width_ - 2, 2));
    const Verdict v = c_.verdict();
    line("\n" + tinted(wrapped(conclusion(c_), width_, 2),
                       v != Verdict::pass     ? Tint::bad
                       : c_.options.tolerance ? Tint::good
                                              : Tint::bold,
                       color_));
  }

  std::string legend() const {
    std::string text;
    if (c_.sides.size() == 2 && more_columns_ > 0)
      text += c_.paired() ? "seen from: half of the interval. "
                          : "seen from: a difference of this size would have been seen in 4 of 5 such comparisons. ";
    if (c_.sides.size() == 2 && more_columns_ > 1 && !c_.paired())
      text +=
          "effect: g in standard deviations of the intervals' rates; δ how much more often an operation of B took "
          "longer than one of A, less the opposite. ";
    return text + "docs/comparison.md explains how this is computed.";
  }

  const Comparison& c_;
  bool color_;
  std::size_t width_;
  int more_columns_ = 0;
  std::string out_;
};

}  // namespace

std::string render_comparison_table(const Comparison& comparison, const TableStyle& style) {
  return ComparisonTable(comparison, style).render();
}

}  // namespace assay
