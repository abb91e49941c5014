#include "drivers/sqlite/sqlite.h"

#include "base/error.h"
#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/sampler.h"
#include "drivers/sqlite/session.h"
#include "drivers/sqlite/url.h"

#include <bit>
#include <sqlite3.h>
#include <vector>

namespace assay {
namespace sqlite {
namespace {

const std::vector<OptionSpec>& options_table() {
  static const std::vector<OptionSpec> table = {
      {.name = "journal-mode",
       .type = OptionType::choice,
       .default_value = "wal",
       .help = "how a commit is made atomic; only with wal do readers and the writer not wait for each other",
       .choices = {"wal", "delete", "truncate", "persist", "memory"}},
      {.name = "synchronous",
       .type = OptionType::choice,
       .default_value = "full",
       .help =
           "when SQLite waits for the disk: with wal, full does at each commit, normal at checkpoints only (a power "
           "cut then loses the last commits), off never",
       .choices = {"off", "normal", "full", "extra"}},
      {.name = "busy-timeout",
       .type = OptionType::duration,
       .default_value = "5s",
       .help = "how long a session waits for a lock before the operation fails as a conflict",
       .min = 0,
       .max = 3600},
      {.name = "cache-size",
       .type = OptionType::bytes,
       .default_value = "16MiB",
       .help = "page cache of each session",
       .min = 65536,
       .max = 1e12},
      {.name = "mmap-size",
       .type = OptionType::bytes,
       .default_value = "0",
       .help = "how much of the file is read through a memory map",
       .min = 0,
       .max = 2147418112},
      {.name = "page-size",
       .type = OptionType::bytes,
       .default_value = "4096",
       .help = "of a file that is made anew: a power of two; an existing file must have it already",
       .min = 512,
       .max = 65536},
      {.name = "wal-autocheckpoint",
       .type = OptionType::count,
       .default_value = "1000",
       .help = "pages in the WAL at which a commit carries them over into the file; 0: never",
       .min = 0,
       .max = 1e9},
      {.name = "clustered",
       .type = OptionType::flag,
       .default_value = "true",
       .help = "tables that prepare makes are stored in the order of their primary key (WITHOUT ROWID), not in that of "
               "insertion"},
      {.name = "create",
       .type = OptionType::flag,
       .default_value = "true",
       .help = "prepare makes the file when it is not there; nothing else does"},
  };
  return table;
}

Settings settings_of(const TargetSpec& spec) {
  const Url url = parse_url(spec.url);
  std::string path = file_path(url);
  Options options(options_table());
  options.set_all({url.query.begin(), url.query.end()});
  for (const OptionSpec& given : spec.options.table()) {
    if (!spec.options.given(given.name)) continue;
    const std::string text = spec.options.text(given.name);
    if (options.given(given.name) && options.text(given.name) != text)
      throw Error(fmt::format("{} is {} in the URL and {} as an option; give it once", given.name,
                              options.text(given.name), text));
    options.set(given.name, text);
  }
  Settings settings{.path = std::move(path),
                    .journal_mode = options.text("journal-mode"),
                    .synchronous = options.text("synchronous"),
                    .busy_timeout = options.duration("busy-timeout"),
                    .cache_bytes = options.bytes("cache-size"),
                    .mmap_bytes = options.bytes("mmap-size"),
                    .page_size = static_cast<int>(options.bytes("page-size")),
                    .page_size_given = options.given("page-size"),
                    .wal_autocheckpoint = options.count("wal-autocheckpoint"),
                    .create = spec.may_create && options.flag("create"),
                    .clustered = options.flag("clustered"),
                    .connect_timeout = spec.connect_timeout,
                    .operation_timeout = spec.operation_timeout};
  if (options.given("wal-autocheckpoint") && settings.journal_mode != "wal")
    throw Error(fmt::format("wal-autocheckpoint has no effect with journal-mode={}; it needs journal-mode=wal",
                            settings.journal_mode));
  if (!std::has_single_bit(static_cast<unsigned>(settings.page_size)))
    throw Error(fmt::format("--page-size is {}; expected a power of two from 512 to 65536", settings.page_size));
  return settings;
}

class SqliteTarget final : public Target {
 public:
  explicit SqliteTarget(Settings settings) : settings_(std::move(settings)) {}

  Result<std::unique_ptr<Session>> connect() override {
    auto connection = Connection::open(settings_, counters_);
    if (!connection) return tl::unexpected(std::move(connection.error()));
    return std::make_unique<SqliteSession>(std::move(*connection));
  }

  const Dialect* dialect() const noexcept override { return &kDialect; }

  Result<ServerFacts> facts() override {
    auto connection = Connection::open(settings_, counters_);
    if (!connection) return tl::unexpected(std::move(connection.error()));
    ServerFacts facts{.server = "SQLite", .version = sqlite3_libversion(), .settings = {}};
    for (const char* name : {"journal_mode", "synchronous", "page_size", "cache_size", "mmap_size", "locking_mode",
                             "wal_autocheckpoint", "auto_vacuum", "encoding"}) {
      Result<std::string> value = (*connection)->ask(fmt::format("pragma {}", name));
      if (!value) return tl::unexpected(std::move(value.error()));
      facts.settings.emplace(name, *value);
    }
    constexpr const char* kLevels[] = {"off", "normal", "full", "extra"};
    std::string& synchronous = facts.settings["synchronous"];
    if (synchronous.size() == 1 && synchronous[0] >= '0' && synchronous[0] <= '3')
      synchronous = kLevels[synchronous[0] - '0'];
    facts.settings["threadsafe"] = std::to_string(sqlite3_threadsafe());
    return facts;
  }

  std::unique_ptr<Sampler> sampler() override { return make_sampler(settings_, counters_); }

 private:
  const Settings settings_;
  const std::shared_ptr<Counters> counters_ = std::make_shared<Counters>();
};

class SqliteDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo info{.name = "sqlite",
                                 .summary = "SQLite, an embedded SQL database in one file",
                                 .schemes = {"sqlite"},
                                 .example = "sqlite:bench.db",
                                 .facets = {Facet::query, Facet::rows, Facet::kv},
                                 .waiting = Waiting::thread,
                                 .options = options_table()};
    return info;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override {
    return std::make_unique<SqliteTarget>(settings_of(spec));
  }
};

}  // namespace
}  // namespace sqlite

const Driver& sqlite_driver() {
  static const sqlite::SqliteDriver driver;
  return driver;
}

}  // namespace assay
