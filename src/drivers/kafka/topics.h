// Topics: made, removed, emptied, and what the brokers say of them and of themselves.
//
// Works over a client that asks (Role::asks), of one session. Every call waits.
#pragma once

#include "drivers/kafka/client.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace assay::kafka {

/// The offsets [first, end) of a partition. What is committed, what was given up, what is under way yet, and marks of
/// transactions: each has one.
struct Extent {
  std::int64_t first = 0, end = 0;
};

class Topics {
 public:
  explicit Topics(Client& asks) : client_(asks) {}

  /// Waits until a broker answers. The failure says why none does.
  Result<> reach(const Call&);
  /// How many partitions it has; 0: it is not there. Makes none.
  Result<int> partitions(const std::string& topic, const Call&);
  /// And waits until all of its partitions have a leader. `replication` 0: the broker's default.
  Result<> create(const std::string& topic, int partitions, int replication,
                  const std::map<std::string, std::string>& configuration, const Call&);
  /// And waits until they are gone. Those that are not there aside.
  Result<> remove(std::span<const std::string> topics, const Call&);
  /// Removes all messages of topics that are there.
  Result<> truncate(std::span<const std::string> topics, const Call&);
  /// Of each partition.
  Result<std::vector<Extent>> extents(const std::string& topic, const Call&);

  /// Of one broker; what it keeps secret, and what there is no right to see, is not there.
  Result<std::map<std::string, std::string>> broker_configuration(const Call&);
  Result<int> brokers(const Call&);

 private:
  struct Seen {
    bool there = false;
    int partitions = 0, leaderless = 0;
  };
  Result<Seen> look(const std::string& topic, const std::string& doing, const Call&);

  Client& client_;
};

}  // namespace assay::kafka
