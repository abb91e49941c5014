#include "drivers/mysql/handle.h"

#include "runtime/errands.h"

#include <mysql.h>

#include <cstdlib>
#include <cstring>

namespace assay::mysql {
namespace {

int no_file(void**, const char*, void*) { return 1; }
int nothing_read(void*, char*, unsigned) { return -1; }
void nothing_ended(void*) {}
int why_not(void*, char* message, unsigned size) {
  std::strncpy(message, "assay sends no files", size);
  return 2000;
}

}  // namespace

void refuse_files(MYSQL& mysql) {
  mysql_set_local_infile_handler(&mysql, no_file, nothing_read, nothing_ended, why_not, nullptr);
}

void prepare_handle(MYSQL& mysql, const Address& address) {
  const auto seconds = static_cast<unsigned>(std::chrono::ceil<std::chrono::seconds>(address.connect_timeout).count());
  mysql_optionsv(&mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_optionsv(&mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned on = 1;
  mysql_optionsv(&mysql, MYSQL_OPT_LOCAL_INFILE, &on);
  refuse_files(mysql);
  mysql_optionsv(&mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "assay");
  const my_bool yes = 1;
  if (address.tls != Tls::disabled) mysql_optionsv(&mysql, MYSQL_OPT_SSL_ENFORCE, &yes);  // if the server has it
  if (address.tls == Tls::verify_identity) mysql_optionsv(&mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
  if (!address.ca.empty()) mysql_optionsv(&mysql, MYSQL_OPT_SSL_CA, address.ca.c_str());
  if (!address.certificate.empty()) mysql_optionsv(&mysql, MYSQL_OPT_SSL_CERT, address.certificate.c_str());
  if (!address.key.empty()) mysql_optionsv(&mysql, MYSQL_OPT_SSL_KEY, address.key.c_str());
}

bool connect_handle(MYSQL& mysql, const Address& address, const std::string& host) {
  const bool by_socket = !address.socket.empty();
  // TCP also for what is called localhost, when no socket was asked for.
  const unsigned protocol = by_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
  mysql_optionsv(&mysql, MYSQL_OPT_PROTOCOL, &protocol);
  return mysql_real_connect(&mysql, by_socket ? nullptr : host.c_str(), address.user.c_str(), address.password.c_str(),
                            address.database.c_str(), address.port, by_socket ? address.socket.c_str() : nullptr,
                            CLIENT_MULTI_STATEMENTS | CLIENT_FOUND_ROWS) != nullptr;
}

void name_host(MYSQL& mysql, const Address& address) noexcept {
  if (address.tls != Tls::verify_identity || mysql.host == nullptr || address.host.empty() ||
      mysql.host == address.host)
    return;
  char* const name = strdup(address.host.c_str());
  if (name == nullptr) return;  // the address will not match, and that is refused
  std::free(mysql.host);
  mysql.host = name;
}

void kill_at_server(std::shared_ptr<const ConnectionSpec> spec, unsigned long connection_id) {
  runtime::errands().begin([spec = std::move(spec), connection_id] {
    MYSQL* const mysql = mysql_init(nullptr);
    if (mysql == nullptr) return;
    const Address& address = spec->address;
    prepare_handle(*mysql, address);
    const unsigned seconds = 2;
    for (const auto option : {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT, MYSQL_OPT_WRITE_TIMEOUT})
      mysql_optionsv(mysql, option, &seconds);
    // A certificate is checked against the name, which is looked up once more: this thread may block.
    const std::string host =
        address.tls == Tls::verify_identity || spec->hosts.empty() ? address.host : spec->hosts.front();
    if (connect_handle(*mysql, address, host)) {
      const std::string text = "kill " + std::to_string(connection_id);
      mysql_real_query(mysql, text.data(), static_cast<unsigned long>(text.size()));
    }
    mysql_close(mysql);
    mysql_thread_end();
  });
}

}  // namespace assay::mysql
