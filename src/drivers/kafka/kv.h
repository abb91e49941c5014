// Facet kv over compacted topics, as far as core/meta.h needs it: what reads it reads the whole topic, which is small. The
// driver does not offer it to workloads.
#pragma once

#include "drivers/kafka/conversation.h"

namespace assay::kafka {

class KafkaKv final : public KvFacet {
 public:
  explicit KafkaKv(Conversation& conversation) : conversation_(conversation) {}

  void create(std::string_view collection) override;
  bool exists(std::string_view collection) override;
  void drop(std::string_view collection) override;
  void use(std::string_view collection) override;
  Result<bool> get(std::string_view key, std::string& value) override;
  Result<> put(std::string_view key, std::string_view value) override;
  Result<bool> update(std::string_view key, std::string_view value) override;
  Result<bool> remove(std::string_view key) override;
  Result<> scan(std::string_view first, std::size_t limit,
                std::vector<std::pair<std::string, std::string>>& out) override;
  Result<> get_batch(std::span<const std::string_view> keys, std::vector<std::optional<std::string>>& values) override;
  Result<> put_batch(std::span<const KvPair>) override;

 private:
  Result<bool> there(std::string_view key, const Call&);
  Result<> send(std::string_view key, std::optional<std::string_view> value, const Call&);

  Conversation& conversation_;
  std::string topic_;
};

}  // namespace assay::kafka
