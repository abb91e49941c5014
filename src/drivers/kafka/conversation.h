// What the facets of one session share: its clients, made when they are needed, and how long a call of it may take.
#pragma once

#include "drivers/kafka/client.h"
#include "drivers/kafka/record.h"
#include "drivers/kafka/topics.h"
#include "drivers/kafka/writer.h"

#include <atomic>
#include <memory>
#include <set>
#include <string>

namespace assay::kafka {

class Conversation {
 public:
  /// Answers when a broker does, within the connect time-out. The settings must outlive it.
  static Result<std::unique_ptr<Conversation>> open(const Settings&);

  const Settings& settings() const noexcept { return settings_; }
  /// A call begins now.
  Call call();
  Topics topics() noexcept { return Topics(*asks_); }
  Result<Client*> reads();
  /// The record that notes are in, read as far as it was when this was called.
  Result<const Record::Entries*> record(const std::string& topic, bool anew, const Call&);
  /// A failure when there is no such topic: who writes would have the broker make one.
  Result<> require(const std::string& topic, const Call&);
  /// Runs `work` with the session's own writer, in a transaction where there are such, and commits.
  Result<> write(const Call&, const std::function<Result<>(Writer&)>& work);
  /// The same with a writer of this transactional id, fencing others; `work` answers false: there is nothing to be done.
  Result<> write_fenced(const std::string& transactional_id, const Call&,
                        const std::function<Result<bool>(Writer&)>& work);
  /// One message, without a transaction: it is there once, or not.
  Result<> put(const std::string& topic, std::string_view key, std::optional<std::string_view> value, const Call&);
  /// Topics were made, removed or emptied: nothing that is remembered of them holds.
  void topics_changed() noexcept;

  void interrupt() noexcept { interrupted_ = true; }
  void set_patient(bool on) noexcept { patient_ = on; }
  std::uint64_t round_trips() const noexcept { return round_trips_; }

 private:
  explicit Conversation(const Settings& settings) : settings_(settings) {}
  void give_up(Writer&);
  Result<> write_by(std::unique_ptr<Writer>&, bool transactions, const Call&,
                    const std::function<Result<>(Writer&)>& work);

  const Settings& settings_;
  std::unique_ptr<Client> asks_, reads_;
  std::unique_ptr<Writer> writer_, single_;
  std::unique_ptr<Record> record_;
  std::set<std::string, std::less<>> known_;  // topics that are there
  std::atomic<bool> interrupted_{false};
  bool patient_ = false;
  std::uint64_t round_trips_ = 0;
};

}  // namespace assay::kafka
