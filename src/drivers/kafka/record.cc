#include "drivers/kafka/record.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::kafka {

std::map<std::string, std::string> Record::configuration() {
  return {{"cleanup.policy", "compact"}, {"retention.ms", "-1"}};
}

void Record::forget() noexcept {
  topic_.clear();
  entries_.clear();
  position_ = 0;
}

Result<const Record::Entries*> Record::entries(const std::string& topic, bool anew, const Call& call) {
  if (anew || topic != topic_) forget();
  const Result<std::vector<Extent>> extents = topics_.extents(topic, call);
  if (!extents) return tl::unexpected(extents.error());
  if (extents->size() != 1)
    return fail(
        FailureKind::wrong_answer,
        fmt::format("topic {} has {} partitions; a record has one: somebody else made it", topic, extents->size()));
  const Extent extent = extents->front();
  if (extent.end < position_) forget();  // another topic of the name took its place
  topic_ = topic;
  position_ = std::max(position_, extent.first);
  const auto reader = PartitionReader::start(reads_, topic, 0, position_, extent.end);
  if (!reader) return tl::unexpected(reader.error());
  for (;;) {
    const Result<std::optional<Message>> message = (*reader)->next(call);
    if (!message) {
      forget();
      return tl::unexpected(message.error());
    }
    if (!*message) break;
    if ((*message)->value)
      entries_.insert_or_assign(std::string((*message)->key), std::string(*(*message)->value));
    else
      entries_.erase(std::string((*message)->key));
  }
  position_ = extent.end;
  return &entries_;
}

}  // namespace assay::kafka
