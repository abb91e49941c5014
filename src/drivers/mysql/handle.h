// The library's handle of a connection: its options, TLS, connecting it, and ending another one at the server.
#pragma once

#include "drivers/mysql/address.h"

#include <memory>
#include <string>

struct st_mysql;

namespace assay::mysql {

/// Sets the options that a connection to the address needs.
void prepare_handle(st_mysql&, const Address&);
/// From now on the server is given nothing when it asks for a file. So it is but for the time of a LOAD DATA of ours.
void refuse_files(st_mysql&);
/// May wait. False: the handle says why.
bool connect_handle(st_mysql&, const Address&, const std::string& host);
/// With ssl-mode=verify-identity, makes the library check the certificate against the name in the URL. When the greeting was
/// read and TLS has not begun.
void name_host(st_mysql&, const Address&) noexcept;
/// Ends a connection of the server's from outside, by another one. Blocks a thread of its own, for seconds at most; best
/// effort.
void kill_at_server(std::shared_ptr<const ConnectionSpec>, unsigned long connection_id);
/// Whether this thread is one that does so: it has no other use.
bool is_killing() noexcept;

}  // namespace assay::mysql
