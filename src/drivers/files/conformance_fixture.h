// The subject of the conformance suite for a format: a directory of its own, and what cannot be one. For tests only.
#pragma once

#include "drivers/conformance/conformance.h"
#include "drivers/files/files_fixture.h"
#include "drivers/files/format.h"

namespace assay::files {

inline conformance::Subject subject_of(const Driver& driver, const Format& format, const TempDirectory& directory) {
  const std::string scheme(format.name());
  const auto at = [&](const std::string& path) {
    return TargetSpec{.url = scheme + ":" + path, .options = Options(driver.info().options)};
  };
  set_text(directory / "a_file", "x");
  std::filesystem::create_directory(directory / "tables");
  const std::string tables = directory / "tables";
  return {
      .driver = driver,
      .spec = at(tables),
      .unreachable = {{"missing directory", at(directory / "nowhere"), FailureKind::disconnected,
                       directory / "nowhere"},
                      {"a file", at(directory / "a_file"), FailureKind::disconnected, "a_file is no directory"},
                      {"below a file", at(directory / "a_file/x"), FailureKind::disconnected, "a_file"}},
      .bad_urls = {scheme + ":", scheme + "://host/out", "postgres:x", scheme + ":out?sync=perhaps",
                   scheme + ":out?fsync=true", scheme + ":a%zz", scheme + ":a%00b"},
      .half_write =
          [&format, tables, scheme](const Table& table, const RowBatch& batch, const RowsNote&) {
            std::string records;
            for (std::size_t r = 0; r < batch.size() / 2; r++)
              if (!format.append_row(table, batch.row(r), records)) throw Error("cannot write");
            records.resize(records.size() - 3);
            add_text(tables + "/" + table.name + "." + scheme, records);
          },
  };
}

}  // namespace assay::files
