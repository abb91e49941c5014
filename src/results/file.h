// Where results live as files, and how they get there: whole or not at all.
//
// A result is written beside its place, flushed to the disk and renamed, so that no reader and no crash ever sees half
// of one. Errors carry ExitCode::output_failed when writing fails, ExitCode::usage when a file cannot be read.
#pragma once

#include "base/time.h"
#include "results/document.h"
#include "results/sealing.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

/// "2026-11-20T230733Z-tpcc-sqlite-a1b2": sorts by time, tells what it is, and is unique by its last part.
std::string result_id(WallTime started, std::string_view workload, std::string_view driver, std::uint16_t unique);
/// Whether a name is one as result_id() makes them.
bool is_result_id(std::string_view name);
/// Four hexadecimal digits' worth of chance, for result_id().
std::uint16_t unique_part();
/// "results/<id>.json"
std::filesystem::path default_result_path(std::string_view id);

/// Whether a file in a folder of results is one by its name: ….json, or that and what sealing adds.
bool has_name_of_result(const std::filesystem::path& path);

/// Throws unless a result can be written to `path`: writes a small file there and removes it, with the folders that had to
/// be made for it. Called before the run starts.
void probe_writable(const std::filesystem::path& path);
/// Writes `text` to `path` so that `path` holds all of it or what it held before. Devices and pipes are written to
/// directly.
void write_atomically(const std::filesystem::path& path, std::string_view text);
/// The document as text, likewise; it is in memory but once. Encrypted where it is sealed.
void write_document(const std::filesystem::path& path, const Document&, const Sealing& = {});

/// The result at `path`; when it is sealed (results/sealing.h), decrypted with `identity`.
Document read_document(const std::filesystem::path& path, const std::filesystem::path& identity = {});

}  // namespace assay
