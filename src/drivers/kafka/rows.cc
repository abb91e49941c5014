#include "drivers/kafka/rows.h"

#include "base/error.h"
#include "core/meta.h"
#include "core/parallel.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace assay::kafka {
namespace {

class StretchReader final : public RowReader {
 public:
  StretchReader(Conversation& conversation, std::unique_ptr<PartitionReader> reader, std::unique_ptr<RowFormat> format)
      : conversation_(conversation), reader_(std::move(reader)), format_(std::move(format)) {}

  Result<std::size_t> next(std::size_t most, RowBatch& batch) override {
    const Call call = conversation_.call();
    std::size_t added = 0;
    while (added < most) {
      const Result<std::optional<Message>> message = reader_->next(call);
      if (!message) return tl::unexpected(message.error());
      if (!*message) break;
      const std::size_t rows = batch.size();
      const Result<> decoded = (*message)->value ? format_->decode(*(*message)->value, batch)
                                                 : fail(FailureKind::wrong_answer, "the message has no value");
      if (decoded) {
        added++;
        continue;
      }
      batch.shrink(rows);
      strangers_.push_back(
          fmt::format("{}, offset {}: {}", reader_->where(), (*message)->offset, decoded.error().message));
    }
    return added;
  }

 private:
  Conversation& conversation_;
  std::unique_ptr<PartitionReader> reader_;
  std::unique_ptr<RowFormat> format_;
};

void leave_proto_file(const std::string& folder, const Table& table) {
  const std::string text = proto_file(table);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = fmt::format("{}/{}.proto", folder, table.name);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw Error(fmt::format("proto-folder: cannot write {}", path));
}

}  // namespace

std::unique_ptr<RowFormat> make_format(const Settings& settings, const Table& table) {
  return settings.protobuf ? protobuf_format(table) : json_format(table);
}

std::string transactional_id(const Settings& settings, const RowsNote& note) {
  return fmt::format("{}assay.{}.{}", settings.prefix, note.workload, note.name);
}

const RowsTraits& KafkaRows::traits() const noexcept {
  static const RowsTraits traits{.transactions = false,
                                 .keyed = false,
                                 .arrays = false,
                                 .timestamp_resolution = std::chrono::microseconds(1),
                                 .foreign_keys = false,
                                 .columns = 10'000};
  return traits;
}

std::vector<std::string> KafkaRows::topics(std::span<const std::string> tables) const {
  std::vector<std::string> out;
  for (const std::string& table : tables) out.push_back(topic(table));
  return out;
}

void KafkaRows::create(const Table& table) {
  const Settings& settings = conversation_.settings();
  const std::string name = topic(table.name);
  (void)make_format(settings, table);  // throws when the table has what messages cannot have
  if (!settings.proto_folder.empty()) leave_proto_file(settings.proto_folder, table);
  const Call call = conversation_.call();
  // What is in it stays until it is removed, whatever the broker does with topics otherwise.
  value_or_throw(conversation_.topics().create(
                     name, static_cast<int>(settings.partitions), static_cast<int>(settings.replication),
                     {{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}}, call),
                 fmt::format("making the table {}", table.name));
  conversation_.topics_changed();
}

bool KafkaRows::exists(std::string_view table) {
  return value_or_throw(conversation_.topics().partitions(topic(table), conversation_.call()), "looking for a table") >
         0;
}

void KafkaRows::drop_all(std::span<const std::string> tables) {
  value_or_throw(conversation_.topics().remove(topics(tables), conversation_.call()), "removing tables");
  conversation_.topics_changed();
}

void KafkaRows::truncate_all(std::span<const std::string> tables) {
  value_or_throw(conversation_.topics().truncate(topics(tables), conversation_.call()), "emptying tables");
  conversation_.topics_changed();
}

Result<> KafkaRows::send(Writer& writer, const Table& table, const RowBatch& rows, const Call& call) {
  const std::string name = topic(table.name);
  const std::unique_ptr<RowFormat> format = make_format(conversation_.settings(), table);
  RowKey key(table);
  std::string message;
  for (std::size_t r = 0; r < rows.size(); r++) {
    format->encode(rows.row(r), message);
    if (Result<> sent = writer.send(name, key.of(rows.row(r)), message, call); !sent) return sent;
  }
  return {};
}

Result<> KafkaRows::write(const Table& table, const RowBatch& rows) {
  const Call call = conversation_.call();
  if (Result<> there = conversation_.require(topic(table.name), call); !there) return there;
  return conversation_.write(call, [&](Writer& writer) { return send(writer, table, rows, call); });
}

Result<> KafkaRows::write_noted(const Table& table, const RowBatch& rows, const RowsNote& note, bool again) {
  const Settings& settings = conversation_.settings();
  const Call call = conversation_.call();
  const std::string record = topic(meta_table().name), key = fmt::format("{}/{}", note.workload, note.name);
  for (const std::string& name : {topic(table.name), record})
    if (Result<> there = conversation_.require(name, call); !there) return there;
  const auto noted = [&]() -> Result<bool> {
    const auto entries = conversation_.record(record, false, call);
    if (!entries) return tl::unexpected(entries.error());
    return (*entries)->contains(key);
  };
  // The note comes last: a transaction that stays open behind a killed writer holds up who reads the rows, and only for the
  // moment between note and commit who reads the record.
  const auto all = [&](Writer& writer) -> Result<> {
    if (Result<> sent = send(writer, table, rows, call); !sent) return sent;
    if (Result<> written = writer.flush(call); !written) return written;
    return writer.send(record, key, note.value, call);
  };
  if (!settings.transactions) {
    if (again) {
      const Result<bool> there = noted();
      if (!there) return tl::unexpected(there.error());
      if (*there) return {};
    }
    return conversation_.write(call, all);
  }
  // Whoever began this before is fenced when work begins, so whether the note is there is decided for good.
  return conversation_.write_fenced(transactional_id(settings, note), call, [&](Writer& writer) -> Result<bool> {
    const Result<bool> there = noted();
    if (!there) return tl::unexpected(there.error());
    if (*there) return false;
    const Result<> sent = all(writer);
    if (!sent) return tl::unexpected(sent.error());
    return true;
  });
}

std::vector<std::string> KafkaRows::split(const Table& table, std::uint64_t rows) {
  const Call call = conversation_.call();
  const auto extents = value_or_throw(conversation_.topics().extents(topic(table.name), call), "splitting a table");
  std::vector<std::string> out;
  for (const Stretch& stretch : stretches(extents, rows)) out.push_back(to_text(stretch));
  return out;
}

Result<std::unique_ptr<RowReader>> KafkaRows::read(const Table& table, const std::string& text) {
  const std::optional<Stretch> stretch = parse_stretch(text);
  if (!stretch)
    return fail(FailureKind::rejected,
                fmt::format("'{}' is no stretch of a topic; expected PARTITION:FIRST:END", text));
  conversation_.call();
  const Result<Client*> client = conversation_.reads();
  if (!client) return tl::unexpected(client.error());
  auto reader = PartitionReader::start(**client, topic(table.name), stretch->partition, stretch->extent.first,
                                       stretch->extent.end);
  if (!reader) return tl::unexpected(reader.error());
  return std::make_unique<StretchReader>(conversation_, std::move(*reader),
                                         make_format(conversation_.settings(), table));
}

Result<std::uint64_t> KafkaRows::replace(const Table& table, const RowBatch&) {
  return fail(FailureKind::rejected,
              fmt::format("the rows of {} cannot be replaced: a topic is only added to", table.name));
}

Result<std::uint64_t> KafkaRows::remove(const Table& table, const RowBatch&) {
  return fail(FailureKind::rejected,
              fmt::format("the rows of {} cannot be removed: a topic is only added to", table.name));
}

}  // namespace assay::kafka
