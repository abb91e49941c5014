// A directory for one test, removed with what is in it. For tests only.
#pragma once

#include "base/error.h"

#include <cstdlib>
#include <filesystem>
#include <string>

namespace assay::sqlite {

class TempDirectory {
 public:
  TempDirectory() : path_((std::filesystem::temp_directory_path() / "assay-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw Error("cannot make a temporary directory");
  }
  ~TempDirectory() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::string& path() const noexcept { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace assay::sqlite
