#include "input/text_file.h"

#include "base/error.h"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

namespace assay::input {
namespace {

std::string read_stream(std::istream& in) {
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

std::string read_file(const std::filesystem::path& path, const Subject& subject) {
  if (path == "-") return read_stream(std::cin);
  if (std::filesystem::is_directory(path))
    throw Error(fmt::format("{} is a folder; expected a file with a {}", path.string(), subject.name));
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(fmt::format("{} cannot be read; expected a file with a {}", path.string(), subject.name));
  return read_stream(in);
}

}  // namespace assay::input
