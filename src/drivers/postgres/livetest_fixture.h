// What the live tests share: sessions on the server named by ASSAY_TEST_POSTGRES_URL.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/postgres/postgres.h"

namespace assay {

class PostgresLive : public LiveServer {
 protected:
  PostgresLive() : LiveServer(postgres_driver(), "ASSAY_TEST_POSTGRES_URL") {}
};

}  // namespace assay
