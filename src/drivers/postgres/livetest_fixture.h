// What the live tests share: sessions on the server named by ASSAY_TEST_POSTGRES_URL. ctest runs them a second time with
// ASSAY_TEST_POSTGRES_EXCHANGE=libpq: both ways of speaking the protocol do the same.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/postgres/postgres.h"

#include <cstdlib>
#include <string>

namespace assay {

class PostgresLive : public LiveServer {
 protected:
  PostgresLive() : LiveServer(postgres_driver(), "ASSAY_TEST_POSTGRES_URL") {}
  void SetUp() override {
    LiveServer::SetUp();
    const char* exchange = std::getenv("ASSAY_TEST_POSTGRES_EXCHANGE");
    if (exchange != nullptr && !IsSkipped()) url_ = with(std::string("exchange=") + exchange);
  }
};

}  // namespace assay
