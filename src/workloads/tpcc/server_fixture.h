// A database of its own on the server of the live tests, of whichever kind the test program is for.
#pragma once

#include "workloads/tpcc/tpcc_fixture.h"

#include <string>
#include <string_view>

namespace assay::tpcc {

struct TestServer {
  const Driver& driver;
  const char* url_variable;       // names the environment variable with its URL
  std::string_view drop_options;  // behind "drop database NAME"
};
/// Defined by the file that the test program is linked with.
const TestServer& test_server();

class Database : public TestTarget {
 public:
  Database();
  ~Database() override;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  Target& target() override { return *target_; }
  std::unique_ptr<Target> open() const override;

 private:
  std::string server_, name_, url_;
  std::unique_ptr<Target> target_;
};

}  // namespace assay::tpcc
