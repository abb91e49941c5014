#include "drivers/mongodb/library.h"

#include "base/error.h"

#include <fcntl.h>
#include <mongoc/mongoc.h>
#include <sys/mman.h>

#include <mutex>
#include <string>
#include <string_view>

/// libmongoc keeps counters for a monitor of its own in /dev/shm/mongoc-PID, of every process that is linked with it, from
/// before main(). One that is killed leaves the file behind, and a later one of the same pid says so on stderr, whatever it
/// was started for. Nobody reads ours: this definition, which the library finds before the system's, gives it memory without
/// a name.
extern "C" int shm_open(const char* name, int flags, mode_t mode) {  // NOLINT(readability-identifier-naming)
  const std::string_view what = name;
  if (what.starts_with("/mongoc-")) return memfd_create(name + 1, MFD_CLOEXEC);
  const std::string path = "/dev/shm/" + std::string(what.substr(what.find_first_not_of('/')));
  return open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

namespace assay::mongodb {
namespace {

thread_local std::string* g_warnings = nullptr;

void on_log(mongoc_log_level_t level, const char*, const char* message, void*) {
  if (g_warnings == nullptr || level > MONGOC_LOG_LEVEL_WARNING) return;
  *g_warnings += (g_warnings->empty() ? "" : "; ") + std::string(message);
}

}  // namespace

void start_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    mongoc_init();
    mongoc_log_set_handler(on_log, nullptr);
  });
}

LibraryWarnings::LibraryWarnings() {
  ASSAY_ASSERT(g_warnings == nullptr);
  g_warnings = &text_;
}

LibraryWarnings::~LibraryWarnings() { g_warnings = nullptr; }

}  // namespace assay::mongodb
