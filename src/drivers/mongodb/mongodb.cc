#include "drivers/mongodb/mongodb.h"

#include "drivers/mongodb/address.h"
#include "drivers/mongodb/connection.h"
#include "drivers/mongodb/document.h"
#include "drivers/mongodb/kv.h"
#include "drivers/mongodb/rows.h"
#include "drivers/mongodb/sampler.h"

#include <bson/bson.h>

namespace assay {
namespace mongodb {
namespace {

class MongoSession final : public Session {
 public:
  MongoSession(std::shared_ptr<const Address> address, std::unique_ptr<Connection> connection)
      : address_(std::move(address)), connection_(std::move(connection)), rows_(*connection_), kv_(*connection_) {}

  RowsFacet* rows() noexcept override { return &rows_; }
  KvFacet* kv() noexcept override { return &kv_; }
  Result<> reset() override {
    return connection_->lost() ? fail(FailureKind::disconnected, "the session is lost") : Result<>();
  }
  void interrupt() noexcept override { connection_->interrupt(); }
  void set_patient(bool on) noexcept override { connection_->set_patient(on); }
  std::uint64_t round_trips() const noexcept override { return connection_->round_trips(); }

 private:
  const std::shared_ptr<const Address> address_;  // outlives the connection
  const std::unique_ptr<Connection> connection_;
  MongoRows rows_;
  MongoKv kv_;
};

/// The element at the path as text: strings and numbers; "" for anything else.
std::string text_at(const std::string& document, const char* path) {
  bson_t raw;
  bson_iter_t at, found;
  if (!bson_init_static(&raw, reinterpret_cast<const std::uint8_t*>(document.data()), document.size()) ||
      !bson_iter_init(&at, &raw) || !bson_iter_find_descendant(&at, path, &found))
    return {};
  if (BSON_ITER_HOLDS_UTF8(&found)) return bson_iter_utf8(&found, nullptr);
  if (BSON_ITER_HOLDS_BOOL(&found)) return bson_iter_bool(&found) ? "true" : "false";
  return BSON_ITER_HOLDS_NUMBER(&found) ? std::to_string(bson_iter_as_int64(&found)) : std::string();
}

class MongoTarget final : public Target {
 public:
  explicit MongoTarget(const TargetSpec& spec) : address_(std::make_shared<const Address>(parse_address(spec))) {}

  Result<std::unique_ptr<Session>> connect() override {
    auto connection = Connection::open(*address_);
    if (!connection) return tl::unexpected(std::move(connection.error()));
    return std::make_unique<MongoSession>(address_, std::move(*connection));
  }

  Result<ServerFacts> facts() override {
    auto opened = Connection::open(*address_);
    if (!opened) return tl::unexpected(std::move(opened.error()));
    Connection& connection = **opened;
    const auto build = connection.command("admin", DocumentWriter().int32("buildInfo", 1).take());
    if (!build) return tl::unexpected(build.error());
    const std::string ferret = text_at(*build, "ferretdbVersion");
    ServerFacts facts{.server = ferret.empty() ? "MongoDB" : "FerretDB",
                      .version = ferret.empty() ? text_at(*build, "version") : ferret,
                      .settings = {}};
    const auto note = [&](const char* name, const std::string& value) {
      if (!value.empty()) facts.settings.emplace(name, value);
    };
    note("tls", address_->tls ? "on" : "off");
    note("decimals", address_->decimals == Decimals::text ? "text" : "decimal128");
    // What needs a right that not every user has, or a server that not everyone is, is left out.
    if (const auto hello = connection.command("admin", DocumentWriter().int32("isMaster", 1).take()); hello) {
      note("replica_set", text_at(*hello, "setName"));
      note("shards", text_at(*hello, "msg") == "isdbgrid" ? "behind mongos" : "");
    }
    if (connection.lost()) return facts;
    if (const auto status = connection.command("admin", DocumentWriter().int32("serverStatus", 1).take()); status)
      note("storage_engine", text_at(*status, "storageEngine.name"));
    if (connection.lost()) return facts;
    if (const auto concern = connection.command("admin", DocumentWriter().int32("getDefaultRWConcern", 1).take());
        concern) {
      note("default_write_concern", text_at(*concern, "defaultWriteConcern.w"));
      note("default_read_concern", text_at(*concern, "defaultReadConcern.level"));
    }
    return facts;
  }

  std::unique_ptr<Sampler> sampler() override { return std::make_unique<MongoSampler>(address_); }

 private:
  const std::shared_ptr<const Address> address_;
};

class MongoDriver final : public Driver {
 public:
  const DriverInfo& info() const noexcept override {
    static const DriverInfo kInfo{
        .name = "mongodb",
        .summary = "MongoDB and what speaks its protocol, by libmongoc: collections of documents",
        .schemes = {"mongodb", "mongodb+srv"},
        .example = "mongodb://user@host:27017/database",
        .facets = {Facet::rows, Facet::kv},
        .waiting = Waiting::thread,
        .options = kOptions};
    return kInfo;
  }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override { return std::make_unique<MongoTarget>(spec); }
};

}  // namespace
}  // namespace mongodb

const Driver& mongodb_driver() {
  static const mongodb::MongoDriver kDriver;
  return kDriver;
}

}  // namespace assay
