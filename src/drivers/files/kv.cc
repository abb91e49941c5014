#include "core/parallel.h"
#include "drivers/files/session.h"

#include <fmt/format.h>

namespace assay::files {
namespace {

using Collection = RecordState::Collection;

}  // namespace

void FilesKv::create(std::string_view collection) {
  if (exists(collection)) return;
  value_or_throw(record_.change(waits_,
                                [&](const RecordState& state) {
                                  return state.collections.contains(collection)
                                             ? std::vector<RecordLine>()
                                             : std::vector{RecordLine::make_collection(collection)};
                                }),
                 fmt::format("making the collection {}", collection));
}

bool FilesKv::exists(std::string_view collection) {
  bool there = false;
  value_or_throw(record_.read([&](const RecordState& state) { there = state.collections.contains(collection); }),
                 "reading the record");
  return there;
}

void FilesKv::drop(std::string_view collection) {
  if (!exists(collection)) return;
  value_or_throw(
      record_.change(waits_, [&](const RecordState&) { return std::vector{RecordLine::drop_collection(collection)}; }),
      fmt::format("dropping the collection {}", collection));
}

tl::unexpected<Failure> FilesKv::no_collection() const {
  return fail(FailureKind::rejected, fmt::format("there is no collection '{}' in {}", used_, record_.path()),
              "NO_COLLECTION");
}

Result<> FilesKv::look(const std::function<void(const Collection&)>& at) {
  bool there = false;
  Result<> done = record_.read([&](const RecordState& state) {
    const auto found = state.collections.find(used_);
    there = found != state.collections.end();
    if (there) at(found->second);
  });
  if (done && !there) return no_collection();
  return done;
}

Result<> FilesKv::change(const std::function<std::vector<RecordLine>(const Collection&)>& decide) {
  // A collection that is not there makes no file.
  if (Result<> there = look([](const Collection&) {}); !there) return there;
  bool there = false;
  Result<> done = record_.change(waits_, [&](const RecordState& state) -> std::vector<RecordLine> {
    const auto found = state.collections.find(used_);
    there = found != state.collections.end();
    return there ? decide(found->second) : std::vector<RecordLine>();
  });
  if (done && !there) return no_collection();
  return done;
}

Result<bool> FilesKv::get(std::string_view key, std::string& value) {
  bool there = false;
  Result<> done = look([&](const Collection& in) {
    const auto found = in.find(key);
    there = found != in.end();
    if (there) value = found->second;
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return there;
}

Result<> FilesKv::put(std::string_view key, std::string_view value) {
  return change([&](const Collection&) { return std::vector{RecordLine::put(used_, key, value)}; });
}

Result<bool> FilesKv::update(std::string_view key, std::string_view value) {
  bool there = false;
  Result<> done = change([&](const Collection& in) {
    there = in.contains(key);
    return there ? std::vector{RecordLine::put(used_, key, value)} : std::vector<RecordLine>();
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return there;
}

Result<bool> FilesKv::remove(std::string_view key) {
  bool there = false;
  Result<> done = change([&](const Collection& in) {
    there = in.contains(key);
    return there ? std::vector{RecordLine::remove(used_, key)} : std::vector<RecordLine>();
  });
  if (!done) return tl::unexpected(std::move(done.error()));
  return there;
}

Result<> FilesKv::scan(std::string_view first, std::size_t limit,
                       std::vector<std::pair<std::string, std::string>>& out) {
  return look([&](const Collection& in) {
    for (auto at = in.lower_bound(first); at != in.end() && limit > 0; ++at, limit--) out.emplace_back(*at);
  });
}

Result<> FilesKv::get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) {
  return look([&](const Collection& in) {
    values.assign(keys.size(), std::nullopt);
    for (std::size_t i = 0; i < keys.size(); i++)
      if (const auto found = in.find(keys[i]); found != in.end()) values[i] = found->second;
  });
}

Result<> FilesKv::put_batch(std::span<const KvPair> pairs) {
  return change([&](const Collection&) {
    std::vector<RecordLine> lines;
    for (const KvPair& pair : pairs) lines.push_back(RecordLine::put(used_, pair.key, pair.value));
    return lines;
  });
}

}  // namespace assay::files
