// What the live tests share: sessions on the server named by ASSAY_TEST_MARIADB_URL.
#pragma once

#include "drivers/conformance/live_server.h"
#include "drivers/mysql/mysql.h"

namespace assay {

class MysqlLive : public LiveServer {
 protected:
  MysqlLive() : LiveServer(mysql_driver(), "ASSAY_TEST_MARIADB_URL") {}

  /// The server's URL with another user (and password), database and options, and host.
  static std::string at(const std::string& user, const std::string& rest, const std::string& host = "127.0.0.1") {
    return "mysql://" + user + "@" + host + ":" + environment("ASSAY_TEST_MARIADB_PORT") + rest;
  }
  /// A counter of the session.
  static std::int64_t status(Session& session, const std::string& name) {
    return number(
        session,
        "select cast(variable_value as signed) from information_schema.session_status where variable_name = '" + name +
            "'");
  }
};

}  // namespace assay
