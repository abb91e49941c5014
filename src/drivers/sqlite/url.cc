#include "drivers/sqlite/url.h"

#include "base/error.h"

namespace assay::sqlite {

std::string file_path(const Url& url) {
  std::string_view rest = url.rest;
  if (url.scheme != "sqlite")
    throw Error(fmt::format("'{}:{}' is no URL of SQLite; expected for example sqlite:bench.db", url.scheme, rest));
  if (rest.starts_with("///"))
    rest.remove_prefix(2);
  else if (rest.starts_with("//"))
    throw Error(fmt::format(
        "sqlite:{}: a SQLite file is on no host; write sqlite:{} for a path relative to here, or sqlite:/{}", rest,
        rest.substr(2), rest.substr(2)));
  std::string path = percent_decoded(rest);
  if (path.empty()) throw Error("'sqlite:' names no file; expected for example sqlite:bench.db");
  if (path.find('\0') != std::string::npos) throw Error(fmt::format("sqlite:{}: no path holds %00", rest));
  if (path.starts_with(":memory:") || path.starts_with("file:"))
    throw Error(
        fmt::format("sqlite:{}: expected the path of a file. A database in memory belongs to one session; for one that "
                    "sessions share without a disk use a file in /dev/shm",
                    rest));
  return path;
}

}  // namespace assay::sqlite
