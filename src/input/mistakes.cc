#include "input/mistakes.h"

#include "base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace assay::input {

std::uint32_t Mistakes::add_file(std::string name) {
  files_.push_back(std::move(name));
  return static_cast<std::uint32_t>(files_.size() - 1);
}

void Mistakes::add(Mark mark, std::string path, std::string text) {
  list_.push_back({mark, std::move(path), std::move(text), false});
}

void Mistakes::note(Mark mark, std::string path, std::string text) {
  list_.push_back({mark, std::move(path), std::move(text), true});
}

bool Mistakes::any() const {
  return std::any_of(list_.begin(), list_.end(), [](const Mistake& mistake) { return !mistake.note; });
}

bool Mistakes::any_between(Mark begin, Mark end) const {
  const auto place = [](Mark mark) { return std::pair(mark.line, mark.column); };
  return std::any_of(list_.begin(), list_.end(), [&](const Mistake& mistake) {
    return !mistake.note && mistake.mark.file == begin.file && place(mistake.mark) >= place(begin) &&
           place(mistake.mark) < place(end);
  });
}

std::vector<Mistake> Mistakes::sorted() const {
  std::vector<Mistake> out = list_;
  std::stable_sort(out.begin(), out.end(), [](const Mistake& a, const Mistake& b) {
    return std::tie(a.mark.file, a.mark.line, a.mark.column) < std::tie(b.mark.file, b.mark.line, b.mark.column);
  });
  return out;
}

std::string Mistakes::line(const Mistake& mistake) const {
  const std::string file = mistake.mark.file < files_.size() ? files_[mistake.mark.file] : "text";
  const std::string text = (mistake.note ? "note: " : "") + printable(mistake.text);
  if (mistake.mark.line > 0) return fmt::format("{}:{}:{}: {}", file, mistake.mark.line, mistake.mark.column, text);
  return mistake.path.empty() ? fmt::format("{}: {}", file, text)
                              : fmt::format("{}: {}: {}", file, printable(mistake.path), text);
}

}  // namespace assay::input
