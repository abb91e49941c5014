#include "drivers/conformance/conformance.h"
#include "drivers/kafka/kafka.h"
#include "drivers/kafka/rows.h"

#include <cstdlib>
#include <iostream>

namespace assay::conformance {
namespace {

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(kafka_driver().info().options)}; }

/// A transaction that is open yet, with the half of the rows, behind a writer that is gone.
void half_write(const Table& table, const RowBatch& batch, const RowsNote& note) {
  const kafka::Settings settings = kafka::parse_settings(at(environment("ASSAY_TEST_KAFKA_URL")));
  const std::atomic<bool> nobody{false};
  const kafka::Call call(real_clock().now() + std::chrono::seconds(30), nobody);
  const auto writer = must(kafka::Writer::start(settings, kafka::transactional_id(settings, note), call));
  const auto format = kafka::make_format(settings, table);
  must(writer->begin(call));
  for (std::size_t r = 0; r < batch.size() / 2; r++) {
    std::string message;
    format->encode(batch.row(r), message);
    must(writer->send(table.name, std::nullopt, message, call));
  }
  must(writer->flush(call));
}

/// Without a server the whole suite is skipped, and says so.
class NeedsServer : public testing::Environment {
  void SetUp() override {
    if (std::getenv("ASSAY_TEST_KAFKA_URL") != nullptr) return;
    const std::string why = environment("ASSAY_TEST_KAFKA_URL_MISSING");
    std::cout << "[  SKIPPED ] no server\n";  // what ctest looks for; gtest says it only of single tests
    GTEST_SKIP() << (why.empty() ? "ASSAY_TEST_KAFKA_URL is not set" : why);
  }
};
[[maybe_unused]] auto* const kNeedsServer = testing::AddGlobalTestEnvironment(new NeedsServer);

}  // namespace

const Subject& subject() {
  static const Subject kSubject = [] {
    const std::string sasl = "@127.0.0.1:" + environment("ASSAY_TEST_KAFKA_SASL_PORT");
    return Subject{
        .driver = kafka_driver(),
        .spec = at(environment("ASSAY_TEST_KAFKA_URL")),
        .unreachable = {{"wrong password", at("kafka://assay_password:wrong" + sasl), FailureKind::rejected,
                         "user 'assay_password'"},
                        {"unknown host", at("kafka://no-such-host.invalid:9092"), FailureKind::disconnected,
                         "no-such-host.invalid"},
                        {"refused connection", at("kafka://127.0.0.1:1"), FailureKind::disconnected, "127.0.0.1:1"},
                        {"none of several", at("kafka://127.0.0.1:1,127.0.0.1:2"), FailureKind::disconnected,
                         "127.0.0.1:1,127.0.0.1:2"}},
        .bad_urls = {"kafka://h?wombat=1", "kafka:h", "kafka://", "kafka://h/topic", "kafka://h?format=xml",
                     "kafka://h?partitions=0", "kafka://h?acks=2", "kafka://h?properties=wombat%3D1", "kafka://h:70000",
                     "kafka://h?ssl-ca-location=/etc/hostname"},
        .half_write = half_write,
    };
  }();
  return kSubject;
}

}  // namespace assay::conformance
