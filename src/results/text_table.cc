#include "results/text_table.h"

#include "base/error.h"
#include "base/printable.h"

#include <algorithm>
#include <numeric>

namespace assay {
namespace {

constexpr std::size_t kMargin = 2;
constexpr std::size_t kLeast = 8;  // a column is not cut below this

bool starts_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

/// In one line: breaks would break the table.
std::string plain(std::string_view text) {
  std::string out = printable(text);
  for (char& c : out)
    if (c == '\n' || c == '\t') c = ' ';
  return out;
}

}  // namespace

std::size_t width_of(std::string_view utf8) noexcept {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), starts_character));
}

std::string cut_to(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); end++)
    if (starts_character(text[end]) && seen++ == width - 1) break;
  return std::string(text.substr(0, end)) + "…";
}

std::string wrapped(std::string_view given, std::size_t width, std::size_t indent) {
  const std::string clean = plain(given);
  std::string_view text = clean;
  std::string out;
  std::size_t room = width;
  while (width_of(text) > room) {
    std::size_t end = 0, seen = 0, space = 0;
    for (; end < text.size() && seen <= room; end++) {
      if (text[end] == ' ') space = end;
      seen += starts_character(text[end]) ? 1 : 0;
    }
    if (space == 0) {  // one long word
      space = end - 1;
      while (space > 1 && !starts_character(text[space])) space--;
    }
    out.append(text.substr(0, space)).append("\n").append(indent, ' ');
    text.remove_prefix(text[space] == ' ' ? space + 1 : space);
    room = width > indent + kLeast ? width - indent : kLeast;
  }
  return out.append(text);
}

std::string tinted(std::string_view text, Tint tint, bool color) {
  if (!color || tint == Tint::none || text.empty()) return std::string(text);
  std::string_view code;
  switch (tint) {
    case Tint::bold:
      code = "1";
      break;
    case Tint::dim:
      code = "2";
      break;
    case Tint::good:
      code = "32";
      break;
    case Tint::bad:
      code = "31";
      break;
    case Tint::odd:
      code = "33";
      break;
    case Tint::none:
      break;
  }
  return std::string("\x1b[").append(code).append("m").append(text).append("\x1b[0m");
}

void TextTable::row(std::vector<Cell> cells) {
  ASSAY_ASSERT(cells.size() == columns_.size());
  for (Cell& cell : cells) cell.text = plain(cell.text);
  rows_.push_back(std::move(cells));
}

std::vector<std::size_t> TextTable::widths() const {
  std::vector<std::size_t> out(columns_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t c = 0; c < row.size(); c++) out[c] = std::max(out[c], width_of(row[c].text));
  return out;
}

std::size_t TextTable::width() const {
  const auto all = widths();
  return std::accumulate(all.begin(), all.end(), kMargin + gap_ * (all.size() - 1));
}

std::string TextTable::text(std::size_t width, bool color) const {
  auto all = widths();
  for (std::size_t total = this->width(); total > width; total--) {
    std::size_t widest = all.size();
    for (std::size_t c = 0; c < all.size(); c++)
      if (columns_[c] == Align::left && all[c] > kLeast && (widest == all.size() || all[c] > all[widest])) widest = c;
    if (widest == all.size()) break;
    all[widest]--;
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); c++) {
      const std::string shown = cut_to(row[c].text, all[c]);
      const std::size_t padding = all[c] - std::min(all[c], width_of(shown));
      line.append(c == 0 ? kMargin : gap_, ' ');
      if (columns_[c] == Align::right) line.append(padding, ' ');
      line += tinted(shown, row[c].tint, color);
      if (columns_[c] == Align::left) line.append(padding, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace assay
