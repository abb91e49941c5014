// The record of a directory: how long the tables in it are by what was written whole, and the collections of small
// entries that core/meta.h works on. It is what makes rows and their note one: both are there when its line is.
//
// One hidden file, only ever appended to: a line for each change, with a sum over it, its fields percent-encoded.
// What is cut off at the end, by a crash or a full disk, counts for nothing and is overwritten; a line that is
// damaged in the middle is an error. The file is made with the first entry and removed with the last. Changes are
// made under a lock on it and are in all sessions of all processes at once; reading takes no lock. Thread-safe.
#pragma once

#include "drivers/files/file.h"

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace assay::files {

/// What the lines of a record come to.
struct RecordState {
  using Collection = std::map<std::string, std::string, std::less<>>;
  std::map<std::string, Collection, std::less<>> collections;
  std::map<std::string, std::uint64_t, std::less<>> lengths;  // of tables, in bytes

  bool empty() const noexcept { return collections.empty() && lengths.empty(); }
};

/// One change of it, as a line.
class RecordLine {
 public:
  static RecordLine make_collection(std::string_view name) { return {"make", {name}}; }
  static RecordLine drop_collection(std::string_view name) { return {"drop", {name}}; }
  /// Makes the collection too when it is not there.
  static RecordLine put(std::string_view collection, std::string_view key, std::string_view value) {
    return {"put", {collection, key, value}};
  }
  static RecordLine remove(std::string_view collection, std::string_view key) { return {"remove", {collection, key}}; }
  static RecordLine length(std::string_view table, std::uint64_t bytes) {
    return {"length", {table, std::to_string(bytes)}};
  }
  static RecordLine gone(std::string_view table) { return {"gone", {table}}; }
  /// length() and put() as one.
  static RecordLine noted(std::string_view table, std::uint64_t bytes, std::string_view collection,
                          std::string_view key, std::string_view value) {
    return {"noted", {table, std::to_string(bytes), collection, key, value}};
  }

  const std::string& text() const noexcept { return text_; }  // with its line end

 private:
  RecordLine(std::string_view what, std::initializer_list<std::string_view> fields);

  std::string text_;
};

/// Applies a line (without its line end); false, and nothing changed, when it is none or its sum is another.
bool apply_line(std::string_view line, RecordState&);

class Record {
 public:
  /// `directory` and the name of the file in it. With `sync`, a change waits until the disk has it.
  Record(std::string directory, const std::string& name, bool sync)
      : directory_(std::move(directory)), path_(directory_ + "/" + name), sync_(sync) {}

  const std::string& path() const noexcept { return path_; }
  /// Calls `look` with what the record says now.
  Result<> read(const std::function<void(const RecordState&)>& look);
  /// Calls `decide` with what the record says, while nobody else changes it, and makes the changes that it answers,
  /// in their order; of a process that is killed meanwhile the first of them may stay. After a failure none were
  /// made, unless in_doubt is set: whether they were is then unknown.
  Result<> change(const Waits&, const std::function<std::vector<RecordLine>(const RecordState&)>& decide);

 private:
  Result<> refresh();  // with mutex_ held
  Result<> follow(std::uint64_t size);

  const std::string directory_, path_;
  const bool sync_;
  std::mutex mutex_;
  File file_;                // open as long as we go by it, so that no other gets its number
  std::uint64_t known_ = 0;  // bytes of it that are in state_
  RecordState state_;
};

}  // namespace assay::files
