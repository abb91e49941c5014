// The files of a generated load test, written: each whole or not at all, those with secrets readable by their owner
// alone. Files that an earlier generation made in the same folder and this one does not are removed, or `kubectl apply
// -f` would apply them too.
//
// One thread at a time: the mask of new files' permissions is the process's.
#pragma once

#include "deploy/deployment.h"

#include <filesystem>
#include <span>

namespace assay::deploy {

/// Makes the folder, and in it results/ and, where workers write files, data/. Throws Error with
/// ExitCode::output_failed.
void write_files(const std::filesystem::path& folder, std::span<const File>, bool with_data);

/// JSON files in its results/: reports of an earlier run, which would count as workers of the next.
std::vector<std::string> old_results(const std::filesystem::path& folder);

}  // namespace assay::deploy
