// From a URL and options to what the clients of librdkafka are given: kafka://user:password@host:9092,host:9092?format=protobuf
//
// Options that are librdkafka's have its names with '-' for '.' (ssl-ca-location); any other property of librdkafka can be
// given by `properties`. The password comes from the first of: the URL, the option password-file, KAFKA_PASSWORD. Nothing here
// talks to a broker; all mistakes throw Error, whose text has no secrets.
#pragma once

#include "core/driver.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace assay::kafka {

extern const std::vector<OptionSpec> kOptions;

struct Settings {
  std::string brokers;                            // "host:9092,host:9093"
  std::string place;                              // for messages, without secrets: the brokers and the user
  std::map<std::string, std::string> properties;  // of librdkafka, of every client
  std::map<std::string, std::string> producing;   // of those that write
  std::string prefix;                             // of the names of topics
  bool protobuf = false;                          // else JSON
  std::string proto_folder;                       // where create() leaves a .proto for each table; "" is nowhere
  std::int64_t partitions = 1, replication = 0;   // of a topic that is made; replication 0: as the broker has it
  bool transactions = true;
  Nanos connect_timeout{}, operation_timeout{};
};

Settings parse_settings(const TargetSpec&);

/// prefix + table. Throws Error when Kafka has no topics of such a name.
std::string topic_of(const Settings&, std::string_view table);

}  // namespace assay::kafka
