// What a command that carried out a run leaves: the file of the result, and the report on stdout.
#pragma once

#include "job/setup.h"
#include "results/document.h"
#include "results/sealing.h"

#include <filesystem>
#include <string>
#include <vector>

namespace assay::cli {

/// `named`, or results/ID.json of the job.
std::filesystem::path result_path(const std::string& named, const JobSetup&, const Sealing&);

/// The report as a table, or as JSON; and where the result is, unless `path` is empty.
void show_report(const Document&, bool as_json, bool quiet, const std::filesystem::path& path);

/// Writes the result and shows it; when it cannot be written, what was measured is at least seen. Throws Error.
void write_and_show(const std::filesystem::path&, const Document&, const Sealing&, bool as_json, bool quiet);

/// "HOST:PORT,HOST:PORT" one by one.
std::vector<std::string> addresses_in(std::string_view text);

}  // namespace assay::cli
