// What the live tests share: sessions on the server named by ASSAY_TEST_POSTGRES_URL. Compiled a second time with
// ASSAY_POSTGRES_EXCHANGE=libpq, they say that both ways of speaking the protocol do the same.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/postgres/postgres.h"

namespace assay {

class PostgresLive : public LiveServer {
 protected:
  PostgresLive() : LiveServer(postgres_driver(), "ASSAY_TEST_POSTGRES_URL") {}
#ifdef ASSAY_POSTGRES_EXCHANGE
  void SetUp() override {
    LiveServer::SetUp();
    if (!IsSkipped()) url_ = with("exchange=" ASSAY_POSTGRES_EXCHANGE);
  }
#endif
};

}  // namespace assay
