#include "drivers/mongodb/library.h"

#include "base/error.h"

#include <mongoc/mongoc.h>

#include <mutex>

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
