#include "drivers/sqlite/sampler.h"

#include <cstdlib>
#include <filesystem>
#include <sqlite3.h>
#include <string>
#include <vector>

namespace assay::sqlite {
namespace {

/// In bytes; 0 when the file is not there, as the WAL of an idle database.
double file_size(const std::string& path) {
  std::error_code none;
  const auto size = std::filesystem::file_size(path, none);
  return none ? 0 : static_cast<double>(size);
}

class SqliteSampler final : public Sampler {
 public:
  SqliteSampler(const Settings& settings, std::shared_ptr<const Counters> counters)
      : settings_(settings), counters_(std::move(counters)) {
    settings_.create = false;
  }

  Result<std::vector<TargetMetric>> sample() override {
    if (connection_ == nullptr) {
      // With counters of its own: what the sampler does is not the load's.
      auto opened = Connection::open(settings_, std::make_shared<Counters>());
      if (!opened) return tl::unexpected(std::move(opened.error()));
      connection_ = std::move(*opened);
    }
    double pages[2] = {};
    const char* const asks[2] = {"pragma page_count", "pragma freelist_count"};
    for (int i = 0; i < 2; i++) {
      const Result<std::string> answer = connection_->ask(asks[i]);
      if (!answer) {
        connection_.reset();
        return tl::unexpected(answer.error());
      }
      pages[i] = std::strtod(answer->c_str(), nullptr);
    }
    const auto total = [](const std::atomic<std::uint64_t>& counter) { return static_cast<double>(counter.load()); };
    return std::vector<TargetMetric>{
        {"sqlite.file", "bytes", false, file_size(settings_.path)},
        {"sqlite.wal", "bytes", false, file_size(settings_.path + "-wal")},
        {"sqlite.pages", "pages", false, pages[0]},
        {"sqlite.free_pages", "pages", false, pages[1]},
        {"sqlite.cache_hits", "pages", true, total(counters_->cache_hits)},
        {"sqlite.cache_misses", "pages", true, total(counters_->cache_misses)},
        {"sqlite.cache_writes", "pages", true, total(counters_->cache_writes)},
        {"sqlite.cache_spills", "pages", true, total(counters_->cache_spills)},
        {"sqlite.cache_used", "bytes", false, static_cast<double>(counters_->cache_bytes.load())},
        {"sqlite.memory_used", "bytes", false, static_cast<double>(sqlite3_memory_used())},
        {"sqlite.sessions", "sessions", false, static_cast<double>(counters_->sessions.load())},
    };
  }

 private:
  Settings settings_;
  const std::shared_ptr<const Counters> counters_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<Sampler> make_sampler(const Settings& settings, std::shared_ptr<const Counters> counters) {
  return std::make_unique<SqliteSampler>(settings, std::move(counters));
}

}  // namespace assay::sqlite
