#include "workloads/kv/test_target.h"

#include "drivers/sqlite/sqlite.h"

#include <unistd.h>

#include <cstdlib>

namespace assay::kv {

TestTarget::TestTarget() {
  std::string pattern = (std::filesystem::temp_directory_path() / "assay-kv-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  target_ = sqlite_driver().open({.url = fmt::format("sqlite:{}/test.db?synchronous=off", folder_.string()),
                                  .options = Options(sqlite_driver().info().options)});
}

TestTarget::~TestTarget() {
  target_.reset();
  std::filesystem::remove_all(folder_);
}

}  // namespace assay::kv
