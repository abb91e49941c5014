// Writes messages: each acknowledged, or in transactions that are all there or not at all.
//
// A writer with a transactional id fences every other with the same one, also of other processes: what they had open is given up
// before start() returns, and what they try afterwards fails as a conflict. Belongs to a session, one call at a time. After a
// failure it is good for nothing but abandon().
#pragma once

#include "drivers/kafka/client.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace assay::kafka {

class Writer {
 public:
  /// Without an id there are no transactions, and begin() and commit() only wait for what was sent.
  static Result<std::unique_ptr<Writer>> start(const Settings&, const std::string& transactional_id, const Call&);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<> begin(const Call&);
  /// Takes copies. A key that is null: any partition. A value that is null: forgets the key, in a compacted topic.
  Result<> send(const std::string& topic, std::optional<std::string_view> key, std::optional<std::string_view> value,
                const Call&);
  /// Waits until all that was sent is written; the failure of the first that was not.
  Result<> flush(const Call&);
  /// In doubt where the failure does not say that nothing was committed.
  Result<> commit(const Call&);
  /// Gives up what is open, if a broker answers soon.
  void abandon(const Call&);

 private:
  Writer() = default;
  Result<rd_kafka_topic_s*> topic(const std::string& name);

  std::unique_ptr<Client> client_;
  bool transactions_ = false, open_ = false;
  std::uint64_t sent_ = 0;
  std::map<std::string, rd_kafka_topic_s*, std::less<>> topics_;
};

}  // namespace assay::kafka
