// Lines and tables for a terminal: columns as wide as what they hold, text wrapped at the width, colours only when
// asked for.
//
// Widths are counted in characters, not bytes; what is shown here has no wide ones.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay {

std::size_t width_of(std::string_view utf8) noexcept;
/// `text` cut to `width` characters, the last of which is then "…".
std::string cut_to(std::string_view text, std::size_t width);
/// Lines of at most `width` characters, broken at spaces where there are any, all but the first one indented.
std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

enum class Tint { none, bold, dim, good, bad, odd };
std::string tinted(std::string_view text, Tint, bool color);

class TextTable {
 public:
  enum class Align { left, right };
  struct Cell {
    std::string text;
    Tint tint = Tint::none;
  };
  explicit TextTable(std::vector<Align> columns, std::size_t gap = 2) : columns_(std::move(columns)), gap_(gap) {}
  void row(std::vector<Cell> cells);
  std::size_t width() const;
  /// Two spaces before each line and two between columns; the widest left-aligned columns are cut until all fits
  /// `width`.
  std::string text(std::size_t width, bool color) const;

 private:
  std::vector<std::size_t> widths() const;
  std::vector<Align> columns_;
  std::size_t gap_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace assay
