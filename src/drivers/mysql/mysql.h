// The driver of MariaDB and MySQL (mysql://user@host:3306/database, also mariadb://): facets query, rows and kv.
// README.md of this folder tells how it is built.
#pragma once

#include "core/driver.h"

namespace assay {

const Driver& mysql_driver();

}  // namespace assay
