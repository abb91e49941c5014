// Facet rows: a table is a topic, a row a message. Rows are only added: no keys are enforced, and there is no order among
// partitions.
#pragma once

#include "drivers/kafka/conversation.h"
#include "drivers/kafka/format.h"

namespace assay::kafka {

class KafkaRows final : public RowsFacet {
 public:
  explicit KafkaRows(Conversation& conversation) : conversation_(conversation) {}

  const RowsTraits& traits() const noexcept override;
  void create(const Table&) override;
  void create_indexes(const Table&) override {}
  void create_foreign_keys(const Table&) override {}
  bool exists(std::string_view table) override;
  void drop_all(std::span<const std::string> tables) override;
  void truncate_all(std::span<const std::string> tables) override;
  Result<> write(const Table&, const RowBatch&) override;
  Result<> write_noted(const Table&, const RowBatch&, const RowsNote&, bool again) override;
  std::vector<std::string> split(const Table&, std::uint64_t rows) override;
  Result<std::unique_ptr<RowReader>> read(const Table&, const std::string& stretch) override;
  Result<std::uint64_t> replace(const Table&, const RowBatch&) override;
  Result<std::uint64_t> remove(const Table&, const RowBatch& keys) override;

 private:
  std::string topic(std::string_view table) const { return topic_of(conversation_.settings(), table); }
  std::vector<std::string> topics(std::span<const std::string> tables) const;
  Result<> send(Writer&, const Table&, const RowBatch&, const Call&);

  Conversation& conversation_;
};

std::unique_ptr<RowFormat> make_format(const Settings&, const Table&);

/// The transactional id of whoever writes what the note is of: who takes the work over fences who had it before.
std::string transactional_id(const Settings&, const RowsNote&);

/// A stretch of a topic as text, "partition:first:end".
struct Stretch {
  int partition = 0;
  Extent extent;
};
std::string to_text(const Stretch&);
std::optional<Stretch> parse_stretch(std::string_view);
/// Cuts the extents of the partitions into stretches of at most so many offsets.
std::vector<Stretch> stretches(std::span<const Extent> partitions, std::uint64_t offsets);

}  // namespace assay::kafka
