#include "workloads/kv/kv_data.h"

#include "base/error.h"
#include "base/random.h"
#include "core/meta.h"
#include "core/parallel.h"
#include "workloads/kv/verified_value.h"

#include <algorithm>
#include <mutex>
#include <set>

namespace assay::kv {
namespace {

constexpr std::uint64_t kBatch = 500;                                     // rows of one put_batch, get_batch or scan
constexpr std::uint64_t kLeastChunk = 2000;                               // rows that the ledger counts as one
constexpr std::uint64_t kMostChunks = 2000;                               // of a shard: the ledger stays small
constexpr std::size_t kNamedRows = 10;                                    // of a finding
constexpr std::uint64_t kProbe = 64;                                      // keys looked for at once
constexpr std::string_view kDeleted = "deleted", kRemoving = "removing";  // entries of assay_meta beside the layout's

std::string owner(const std::string& collection) { return "kv:" + collection; }
std::string shard_entry(Shard shard) { return fmt::format("loaded.{}.{}", shard.count, shard.index); }
std::string chunk_prefix(Shard shard) { return fmt::format("chunk.{}.{}.", shard.count, shard.index); }

std::uint64_t chunk_rows(std::uint64_t own_rows) {
  return std::max(kLeastChunk, (own_rows + kMostChunks - 1) / kMostChunks);
}

/// All shards of some way to divide the load are done.
bool load_complete(const std::map<std::string, std::string>& entries) {
  for (const auto& [name, value] : entries) {
    unsigned count = 0, index = 0;
    if (std::sscanf(name.c_str(), "loaded.%u.%u", &count, &index) != 2 || index != 0) continue;
    bool all = true;
    for (unsigned i = 0; i < count && all; i++) all = entries.contains(shard_entry({i, count}));
    if (all) return true;
  }
  return false;
}

KvFacet& facet(Session& session) {
  if (session.kv() == nullptr) throw Error("the target has no kv facet, which the workload kv needs");
  return *session.kv();
}

std::map<std::string, std::string> record_of(Meta& meta) {
  return meta.exists() ? meta.all() : std::map<std::string, std::string>();
}

/// In one piece where the target has transactions: a part of it would be a record that nobody can read.
void write_record(Session& session, Meta& meta, const Layout& layout) {
  QueryFacet* const query = session.query();
  if (query != nullptr) value_or_throw(query->begin({}), "beginning a transaction");
  try {
    for (const auto& [name, value] : layout.entries()) meta.put(name, value);
    if (query != nullptr) value_or_throw(query->commit(), "committing");
  } catch (const Error&) {
    if (query != nullptr && query->in_transaction()) (void)query->rollback();
    throw;
  }
}

/// Makes the record of a load that begins, or answers that of the one to go on with, which another shard may have begun in
/// this moment.
std::map<std::string, std::string> begin_load(Session& session, const std::string& collection, const Layout& layout) {
  Meta meta(session, owner(collection));
  if (std::map<std::string, std::string> entries = record_of(meta); !entries.empty()) return entries;
  if (facet(session).exists(collection)) {
    if (std::map<std::string, std::string> entries = record_of(meta); !entries.empty()) return entries;
    throw Error(
        fmt::format("'{}' is there already and was not made by assay; choose another --collection", collection));
  }
  meta.create();
  // The record comes first: after a crash here, cleanup knows that the collection is ours.
  try {
    write_record(session, meta, layout);
  } catch (const Error&) {
    if (std::map<std::string, std::string> entries = record_of(meta); !entries.empty()) return entries;
    throw;
  }
  return meta.all();
}

/// Writes rows that lie `shard.count` apart.
class ChunkWriter {
 public:
  ChunkWriter(const std::string& collection, const Layout& layout, Shard shard)
      : collection_(collection), shard_(shard), keys_(layout), values_(layout) {}

  Result<> write(Session& session, std::uint64_t from, std::uint64_t to) const {
    KvFacet& kv = facet(session);
    kv.use(collection_);
    std::vector<std::string> keys(kBatch), values(kBatch);
    std::vector<KvPair> pairs;
    for (std::uint64_t own = from; own < to;) {
      pairs.clear();
      for (std::size_t i = 0; i < kBatch && own < to; i++, own++) {
        keys_.key(shard_.global(own), keys[i]);
        values_.make(keys[i], kLoadedVersion, values[i]);
        pairs.push_back({keys[i], values[i]});
      }
      if (Result<> done = kv.put_batch(pairs); !done) return done;
    }
    return {};
  }

 private:
  const std::string& collection_;
  Shard shard_;
  KeyFormat keys_;
  ValueFormat values_;
};

/// Collects what a check found; thread-safe.
class FindingList {
 public:
  void add(const std::string& condition, std::string_view text, std::string row) {
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(list_.begin(), list_.end(), [&](const Finding& f) { return f.condition == condition; });
    if (found == list_.end()) found = list_.insert(list_.end(), {condition, std::string(text), {}, 0});
    found->violations++;
    if (found->rows.size() < kNamedRows) found->rows.push_back(std::move(row));
  }
  std::vector<Finding> take() { return std::move(list_); }

 private:
  std::mutex mutex_;
  std::vector<Finding> list_;
};

class Checker {
 public:
  Checker(Job& job, const std::string& collection, const Prepared& prepared)
      : job_(job), collection_(collection), prepared_(prepared), keys_(prepared.layout), values_(prepared.layout) {}

  CheckOutcome run() {
    check_loaded();
    check_scanned();
    return {.conditions = 3,
            .looked_at = "every loaded row, every key and every value",
            .findings = findings_.take()};  // kv.present, kv.keys, kv.value
  }

 private:
  void check_loaded() {
    const std::uint64_t own = job_.shard.share(prepared_.layout.rows);
    job_.progress.start("check kv", "rows", own);
    for_each_chunk(job_, (own + kBatch - 1) / kBatch, [&](Session& session, std::uint64_t chunk) -> Result<> {
      const std::uint64_t from = chunk * kBatch, to = std::min(own, from + kBatch);
      std::vector<std::string> keys(to - from);
      std::vector<std::string_view> views;
      for (std::uint64_t i = 0; i < to - from; i++) {
        keys_.key(job_.shard.global(from + i), keys[i]);
        views.push_back(keys[i]);
      }
      std::vector<std::optional<std::string>> values;
      KvFacet& kv = facet(session);
      kv.use(collection_);
      if (Result<> done = kv.get_batch(views, values); !done) return done;
      for (std::size_t i = 0; i < views.size(); i++) {
        if (i < values.size() && values[i]) {
          check_value(views[i], *values[i]);
        } else if (!prepared_.deleted) {
          findings_.add("kv.present", "every row that was loaded is there",
                        fmt::format("key '{}': found nothing", views[i]));
        }
      }
      job_.progress.advance(to - from);
      return {};
    });
  }

  /// What is in the collection besides: all behind the loaded rows or, when keys are hashed and inserted rows lie among
  /// the loaded ones, all of it.
  void check_scanned() {
    const Layout& layout = prepared_.layout;
    const std::uint64_t low = layout.hashed ? 0 : layout.rows, numbers = layout.key_space() - low;
    const std::uint64_t chunks = layout.hashed ? std::clamp<std::uint64_t>(layout.rows / 10'000, 1, 1000) : 1;
    const std::uint64_t own = job_.shard.share(chunks);
    job_.progress.start("check what runs inserted", "ranges of keys", own);
    for_each_chunk(job_, own, [&](Session& session, std::uint64_t k) -> Result<> {
      const std::uint64_t chunk = job_.shard.global(k);
      std::string first, end;
      keys_.key_of_number(low + bound(numbers, chunk, chunks), first);
      if (numbers == 0) return {};
      if (chunk + 1 < chunks) keys_.key_of_number(low + bound(numbers, chunk + 1, chunks), end);
      Result<> done = scan(session, first, end);
      if (done) job_.progress.advance(1);
      return done;
    });
  }

  static std::uint64_t bound(std::uint64_t numbers, std::uint64_t chunk, std::uint64_t chunks) {
    return static_cast<std::uint64_t>(static_cast<Uint128>(numbers) * chunk / chunks);
  }

  /// All keys from `first` up to `end`, which is not included; "" is no end.
  Result<> scan(Session& session, std::string first, const std::string& end) {
    KvFacet& kv = facet(session);
    kv.use(collection_);
    std::vector<std::pair<std::string, std::string>> pairs;
    for (;;) {
      pairs.clear();
      if (Result<> done = kv.scan(first, kBatch, pairs); !done) return done;
      for (const auto& [key, value] : pairs) {
        if (!end.empty() && key >= end) return {};
        if (keys_.is_key(key)) {
          check_value(key, value);
        } else {
          findings_.add("kv.keys", "the collection holds only keys of kv", fmt::format("found key '{}'", key));
        }
      }
      if (pairs.size() < kBatch) return {};
      first = pairs.back().first + '\0';
      if (job_.stop.stop_requested()) throw Error("interrupted", ExitCode::interrupted);
    }
  }

  void check_value(std::string_view key, std::string_view value) {
    if (auto fault = values_.fault(key, value))
      findings_.add("kv.value", "every value is what kv wrote under its key", *std::move(fault));
  }

  Job& job_;
  const std::string& collection_;
  const Prepared& prepared_;
  const KeyFormat keys_;
  const ValueFormat values_;
  FindingList findings_;
};

}  // namespace

Prepared read_prepared(Target& target, const std::string& collection) {
  const std::unique_ptr<Session> session = open_session(target);
  facet(*session);
  Meta meta(*session, owner(collection));
  const std::map<std::string, std::string> entries = meta.exists() ? meta.all() : std::map<std::string, std::string>();
  if (entries.contains(std::string(kRemoving)))
    throw Error(
        fmt::format("the clean-up of the collection '{}' was not finished; run `assay cleanup kv` again", collection));
  if (entries.empty())
    throw Error(fmt::format("the collection '{}' was not prepared; run `assay prepare kv` first", collection));
  if (!load_complete(entries))
    throw Error(
        fmt::format("the load of the collection '{}' was not finished; run `assay prepare kv` again, it goes on "
                    "where it stopped",
                    collection));
  return {.layout = Layout::from(entries), .complete = true, .deleted = entries.contains(std::string(kDeleted))};
}

void mark_deleted(Target& target, const std::string& collection) {
  const std::unique_ptr<Session> session = open_session(target);
  Meta(*session, owner(collection)).put(kDeleted, "true");
}

void load(Job& job, const std::string& collection, Layout layout) {
  std::set<std::uint64_t> done;
  {
    const std::unique_ptr<Session> session = open_session(job.target);
    facet(*session);
    std::map<std::string, std::string> entries = begin_load(*session, collection, layout);
    if (entries.contains(std::string(kRemoving))) {
      if (job.shard.count > 1)
        throw Error(fmt::format(
            "the clean-up of the collection '{}' was not finished; run `assay cleanup kv` again first", collection));
      job.progress.note("finishing the clean-up that was begun");
      remove(job, collection);
      entries = begin_load(*session, collection, layout);
    }
    const Layout there = Layout::from(entries);
    layout.seed = there.seed;
    if (!(layout == there))
      throw Error(
          fmt::format("the collection '{}' holds another load ({} rows of {} bytes); run `assay cleanup kv` first, "
                      "or ask for the same",
                      collection, there.rows, there.value_size.text()));
    if (entries.contains(shard_entry(job.shard))) {
      job.progress.note(fmt::format("the collection '{}' is loaded already: {} rows", collection, layout.rows));
      return;
    }
    facet(*session).create(collection);
    const std::string prefix = chunk_prefix(job.shard);
    for (auto at = entries.lower_bound(prefix); at != entries.end() && at->first.starts_with(prefix); ++at)
      done.insert(std::stoull(at->first.substr(prefix.size())));
  }

  const std::uint64_t own = job.shard.share(layout.rows), size = chunk_rows(own);
  job.progress.start("load kv", "rows", own);
  if (!done.empty())
    job.progress.note(fmt::format("going on with a load that was stopped: {} rows are there", done.size() * size));
  const ChunkWriter writer(collection, layout, job.shard);
  for_each_chunk(job, (own + size - 1) / size, [&](Session& session, std::uint64_t chunk) -> Result<> {
    const std::uint64_t from = chunk * size, to = std::min(own, from + size);
    if (!done.contains(chunk)) {
      // Rows and ledger together where the target has transactions. Where it has none the chunk may be written twice,
      // with the same values.
      QueryFacet* const query = session.query();
      if (query != nullptr)
        if (Result<> begun = query->begin({}); !begun) return begun;
      if (Result<> written = writer.write(session, from, to); !written) return written;
      const std::string entry = fmt::format("{}{}", chunk_prefix(job.shard), chunk);
      if (Result<> noted = Meta(session, owner(collection)).try_put(entry, "done"); !noted) return noted;
      if (query != nullptr)
        if (Result<> committed = query->commit(); !committed) return committed;
    }
    job.progress.advance(to - from);
    return {};
  });
  const std::unique_ptr<Session> session = open_session(job.target);
  Meta(*session, owner(collection)).put(shard_entry(job.shard), "done");
}

CheckOutcome check_rows(Job& job, const std::string& collection, const Prepared& prepared) {
  return Checker(job, collection, prepared).run();
}

void remove(Job& job, const std::string& collection) {
  const std::unique_ptr<Session> session = open_session(job.target);
  KvFacet& kv = facet(*session);
  Meta meta(*session, owner(collection));
  if (!meta.exists() || meta.all().empty()) {
    job.progress.note(fmt::format("nothing to remove: the collection '{}' was not made by assay", collection));
    meta.remove();  // a prepare that was killed at its very beginning leaves an empty assay_meta
    return;
  }
  const Patience patience(*session);
  meta.put(kRemoving, "true");  // should it be killed, nobody takes what is left for the whole
  kv.drop(collection);
  meta.remove();
}

std::uint64_t first_free_row(Target& target, const std::string& collection, const Layout& layout) {
  const std::unique_ptr<Session> session = open_session(target);
  KvFacet& kv = facet(*session);
  kv.use(collection);
  const KeyFormat keys(layout);
  const auto any_from = [&](std::uint64_t row) {
    std::vector<std::string> texts(std::min(kProbe, layout.key_space() - row));
    std::vector<std::string_view> views;
    for (std::size_t i = 0; i < texts.size(); i++) {
      keys.key(row + i, texts[i]);
      views.push_back(texts[i]);
    }
    std::vector<std::optional<std::string>> values;
    value_or_throw(kv.get_batch(views, values), "looking for rows that an earlier run inserted");
    return std::any_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
  };
  // Inserted rows lie side by side behind the loaded ones (InsertSequence leaves no holes but those of inserts that
  // were under way at a crash): double the step until nothing is found, then halve the interval.
  const std::uint64_t most = layout.key_space() - kProbe;
  std::uint64_t free = layout.rows, step = kProbe;
  if (free > most || !any_from(free)) return free;
  std::uint64_t taken = free;
  while ((free = taken + step) < most && any_from(free)) {
    taken = free;
    step *= 2;
  }
  free = std::min(free, most);
  while (free - taken > kProbe) {
    const std::uint64_t middle = taken + (free - taken) / 2;
    (any_from(middle) ? taken : free) = middle;
  }
  return free;
}

}  // namespace assay::kv
