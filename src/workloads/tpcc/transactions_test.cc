#include "workloads/tpcc/sqlite_fixture.h"
