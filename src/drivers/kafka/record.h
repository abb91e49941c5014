// The record of core/meta.h as a compacted topic of one partition: key workload/name, the last value of a key counts, a message
// without a value forgets it.
//
// What is read is what is committed, up to the end that the topic had when the call began. Belongs to a session.
#pragma once

#include "drivers/kafka/reader.h"
#include "drivers/kafka/topics.h"

#include <map>
#include <string>

namespace assay::kafka {

class Record {
 public:
  Record(Client& asks, Client& reads) : topics_(asks), reads_(reads) {}

  using Entries = std::map<std::string, std::string, std::less<>>;
  /// All entries of the topic, which must be there. Reads only what is new to it, unless `anew`.
  Result<const Entries*> entries(const std::string& topic, bool anew, const Call&);
  void forget() noexcept;

  /// Of a topic that holds such a record.
  static std::map<std::string, std::string> configuration();

 private:
  Topics topics_;
  Client& reads_;
  std::string topic_;
  std::int64_t position_ = 0;
  Entries entries_;
};

}  // namespace assay::kafka
