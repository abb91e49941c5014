#include "workloads/tpcc/server_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>

namespace assay::tpcc {
namespace {

std::unique_ptr<Target> open_url(const std::string& url) {
  const Driver& driver = test_server().driver;
  return driver.open({.url = url, .options = Options(driver.info().options)});
}

}  // namespace

Database::Database() {
  server_ = getenv(test_server().url_variable);
  static std::atomic<int> number{0};
  name_ = "assay_tpcc_" + std::to_string(getpid()) + "_" + std::to_string(number++);
  Sql(*open_url(server_)).run("create database " + name_);
  // The path of the URL, which is after the host, is the database.
  const std::size_t host = server_.find("://") + 3;
  const std::size_t path = server_.find('/', host), end = std::min(server_.find('?', host), server_.size());
  url_ = server_.substr(0, std::min(path, end)) + "/" + name_ + server_.substr(end);
  target_ = open_url(url_);
}

Database::~Database() {
  target_.reset();
  try {
    Sql(*open_url(server_)).run(fmt::format("drop database {}{}", name_, test_server().drop_options));
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

std::unique_ptr<Target> Database::open() const { return open_url(url_); }

std::string missing_target() {
  const std::string variable = test_server().url_variable;
  return getenv(variable.c_str()) == nullptr ? variable + " is not set" : "";
}

std::unique_ptr<TestTarget> make_test_target() { return std::make_unique<Database>(); }

}  // namespace assay::tpcc
