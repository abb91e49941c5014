// libmongoc as a whole: it is started once a process, and what it logs goes to whoever wants it on that thread, or nowhere.
#pragma once

#include <string>

namespace assay::mongodb {

/// Before anything else of the library is called; thread-safe.
void start_library();

/// What the library warns of on this thread while the object lives. One at a time.
class LibraryWarnings {
 public:
  LibraryWarnings();
  ~LibraryWarnings();
  LibraryWarnings(const LibraryWarnings&) = delete;
  LibraryWarnings& operator=(const LibraryWarnings&) = delete;
  const std::string& all() const noexcept { return text_; }  // "" when there were none

 private:
  std::string text_;
};

}  // namespace assay::mongodb
