// What kind of failure an error number is: one pure function, so that the rule can be read and tested as a table.
//
// Source: MariaDB Knowledge Base, "MariaDB Error Codes"; MySQL 8 Error Message Reference; below 1000 and from 2000 to 2999,
// and from 5000 on, the client library's own (errmsg.h).
#pragma once

#include "base/result.h"

#include <string_view>

namespace assay::mysql {

/// An unknown number is `rejected`: the server answered, and did not do it.
FailureKind classify(unsigned number) noexcept;

/// What a server said before TLS was spoken comes wrapped in a message of the library: "… cannot be verified: 1040 - Too
/// many connections".
struct EarlyError {
  unsigned number = 0;  // 0: the message is none of these
  std::string_view text;
};
EarlyError early_error(std::string_view message) noexcept;

}  // namespace assay::mysql
