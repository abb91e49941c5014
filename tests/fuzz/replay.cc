// Runs a fuzz target on the files of folders and on files: what it found once is tested in every build.
#include "fuzz/fuzz.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::size_t replay(const fs::path& path) {
  if (fs::is_directory(path)) {
    std::size_t count = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) count += replay(entry.path());
    return count;
  }
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
  std::fprintf(stderr, "%s\n", path.c_str());  // the last line names what it ended with
  // A buffer of its own size: what reads past its end is seen by the address sanitizer.
  const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(data.data(), data.size());
  return 1;
}

}  // namespace

int main(int count, char** values) {
  std::size_t files = 0;
  for (int i = 1; i < count; i++) files += replay(values[i]);
  std::printf("%zu inputs replayed\n", files);
  return files > 0 ? 0 : 1;
}
