// Driver (stateless, one per kind of target) → Target (what is under test, thread-safe) → Session (one conversation).
//
// A driver is one folder under src/drivers/ and one line in src/registry/. docs/adding-a-driver.md walks through it.
#pragma once

#include "base/result.h"
#include "base/time.h"
#include "core/facets.h"
#include "core/options.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// One conversation with the target. Opened, used and closed by one fiber or thread at a time; a fiber's session never
/// leaves its thread. Destroying it closes the conversation without waiting.
class Session {
 public:
  virtual ~Session() = default;
  virtual QueryFacet* query() noexcept { return nullptr; }
  virtual RowsFacet* rows() noexcept { return nullptr; }
  virtual KvFacet* kv() noexcept { return nullptr; }

  /// How many operations may be under way at once.
  virtual std::size_t depth() const noexcept { return 1; }
  /// Called when a client returns its lease: rolls back what is open. A failure means the session is lost.
  virtual Result<> reset() { return {}; }
  /// Ends the call under way on another thread, soon, as cancelled. Only for sessions that wait inside a library.
  /// Thread-safe.
  virtual void interrupt() noexcept {}
  /// While it is patient, a call may take as long as it needs, whatever the operation time-out is: indexes of large tables.
  virtual void set_patient(bool) noexcept {}
  /// How often the session sent something and waited for the answer, since it was opened.
  virtual std::uint64_t round_trips() const noexcept { return 0; }
};

/// A session is patient as long as this lives.
class Patience {
 public:
  explicit Patience(Session& session) noexcept : session_(session) { session.set_patient(true); }
  ~Patience() { session_.set_patient(false); }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  Session& session_;
};

struct TargetMetric {
  std::string name, unit;
  bool counter = false;  // a total that only grows, or a gauge
  double value = 0;
};

/// The target's own figures, read about once a second over a session of its own. Used by one thread, which it may
/// block.
class Sampler {
 public:
  virtual ~Sampler() = default;
  virtual Result<std::vector<TargetMetric>> sample() = 0;
};

/// What is known of a target once it answered.
struct ServerFacts {
  std::string server, version;                  // "PostgreSQL", "15.20"
  std::map<std::string, std::string> settings;  // those that matter for performance; "tls", where it can be had
};

class Target {
 public:
  virtual ~Target() = default;
  /// Opens a session; waits at most the connect timeout. Never throws for what the target does.
  virtual Result<std::unique_ptr<Session>> connect() = 0;
  /// nullptr when there is no query facet.
  virtual const Dialect* dialect() const noexcept { return nullptr; }
  /// Asks the target; opens a session for it.
  virtual Result<ServerFacts> facts() = 0;
  /// nullptr when the target has no figures of its own.
  virtual std::unique_ptr<Sampler> sampler() { return nullptr; }
  /// Told false when what comes is the work around a run (prepare, check, cleanup) and true when it is its load; it is under
  /// load until it is told otherwise. For targets that play a script.
  virtual void under_load(bool) {}
};

/// How a session of the driver waits for its target.
enum class Waiting {
  fiber,   // on a descriptor, through runtime/wait.h: thousands of sessions on one thread
  thread,  // inside its library: each session has a thread
};

struct DriverInfo {
  std::string_view name;                  // "postgres"
  std::string_view summary;               // one line
  std::vector<std::string_view> schemes;  // of its URLs: "postgres", "postgresql"
  std::string_view example;               // "postgres://user@host:5432/database"
  std::vector<Facet> facets;
  Waiting waiting = Waiting::thread;
  /// What is put into a target is in this process and nowhere else: processes that share a job have all of the data each.
  bool in_process = false;
  std::span<const OptionSpec> options;  // may be given in the URL's query or with --target-option NAME=VALUE
};

struct TargetSpec {
  std::string url;
  Options options;
  Nanos connect_timeout = std::chrono::seconds(10);
  Nanos operation_timeout = std::chrono::seconds(60);
  bool may_create = true;          // a target that is a file, and is not there, may be made
  std::vector<Facet> facets = {};  // those that will be used; empty: any
};
/// Throws Error for options that were given and have no effect in the facets of the spec.
void require_effect(const Options&, const TargetSpec&);

struct TextFile {
  std::string name, text;
};

class Driver {
 public:
  virtual ~Driver() = default;
  virtual const DriverInfo& info() const noexcept = 0;
  /// Checks the URL and the options; does not talk to the target. Throws Error.
  virtual std::unique_ptr<Target> open(const TargetSpec&) const = 0;
  /// What others read the rows of a table with, where the driver has such files. Throws Error: a table that it cannot hold.
  virtual std::vector<TextFile> schema_files(const Table&) const { return {}; }
};

/// A failure to connect, as an Error for people: "cannot use postgres://…: …" with the exit code for it; "interrupted" when
/// it was cancelled.
[[noreturn]] void throw_unreachable(std::string_view url, const Failure&);

}  // namespace assay
