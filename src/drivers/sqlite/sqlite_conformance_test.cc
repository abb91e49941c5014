#include "drivers/conformance/conformance.h"
#include "drivers/sqlite/sqlite.h"
#include "drivers/sqlite/temp_directory.h"

#include <fstream>

namespace assay::conformance {

const Subject& subject() {
  static const sqlite::TempDirectory directory;
  static const Subject subject = [] {
    const auto at = [](const std::string& path) {
      TargetSpec spec{.url = "sqlite:" + path, .options = Options(sqlite_driver().info().options)};
      spec.options.set("busy-timeout", "50ms");  // a test of conflicts waits for it
      return spec;
    };
    std::ofstream(directory / "text.db") << std::string(5'000, 'x') << "\n";
    return Subject{
        .driver = sqlite_driver(),
        .spec = at(directory / "bench.db"),
        .unreachable = {{"missing directory", at(directory / "nowhere/x.db"), FailureKind::disconnected,
                         directory / "nowhere"},
                        {"a directory", at(directory.path()), FailureKind::disconnected, "is a directory"},
                        {"no database", at(directory / "text.db"), FailureKind::rejected, "not a SQLite database"}},
        .bad_urls = {"sqlite:", "sqlite://host/x.db", "postgres:x", "sqlite:x.db?journal-mode=fast",
                     "sqlite::memory:", "sqlite:x.db?cache-size", "sqlite:a%zz.db"},
    };
  }();
  return subject;
}

}  // namespace assay::conformance
