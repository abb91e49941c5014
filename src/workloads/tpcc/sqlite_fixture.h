// A SQLite file in a temporary folder, for the unit tests of tpcc.
#pragma once

#include "drivers/sqlite/sqlite.h"
#include "workloads/tpcc/tpcc_fixture.h"

#include <stdlib.h>

#include <filesystem>

namespace assay::tpcc {

class SqliteFile : public TestTarget {
 public:
  SqliteFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "assay-tpcc-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw Error("cannot make a temporary folder");
    folder_ = pattern;
    target_ = open();
  }
  ~SqliteFile() override {
    target_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  SqliteFile(const SqliteFile&) = delete;
  SqliteFile& operator=(const SqliteFile&) = delete;

  Target& target() override { return *target_; }
  std::unique_ptr<Target> open() const override {
    TargetSpec spec{.url = "sqlite:" + (folder_ / "test.db").string(),
                    .options = Options(sqlite_driver().info().options)};
    spec.options.set("synchronous", "off");
    return sqlite_driver().open(spec);
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Target> target_;
};

}  // namespace assay::tpcc
