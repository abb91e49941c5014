// The PostgreSQL server of the live tests of tpcc, ASSAY_TEST_POSTGRES_URL: a database of its own for each test.
#include "workloads/tpcc/postgres_fixture.h"

#include "drivers/postgres/postgres.h"

#include <stdlib.h>
#include <unistd.h>

#include <atomic>

namespace assay::tpcc {
namespace {

std::unique_ptr<Target> open_url(const std::string& url) {
  return postgres_driver().open({.url = url, .options = Options(postgres_driver().info().options)});
}

}  // namespace

PostgresDatabase::PostgresDatabase() {
  server_ = getenv("ASSAY_TEST_POSTGRES_URL");
  static std::atomic<int> number{0};
  name_ = "assay_tpcc_" + std::to_string(getpid()) + "_" + std::to_string(number++);
  Sql(*open_url(server_)).run("create database " + name_);
  // The path of the URL, which is after the host, is the database.
  const std::size_t host = server_.find("://") + 3;
  const std::size_t path = server_.find('/', host), end = std::min(server_.find('?', host), server_.size());
  url_ = server_.substr(0, std::min(path, end)) + "/" + name_ + server_.substr(end);
  target_ = open_url(url_);
}

PostgresDatabase::~PostgresDatabase() {
  target_.reset();
  try {
    Sql(*open_url(server_)).run("drop database " + name_ + " with (force)");
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

std::unique_ptr<Target> PostgresDatabase::open() const { return open_url(url_); }

std::string missing_target() {
  return getenv("ASSAY_TEST_POSTGRES_URL") == nullptr ? "ASSAY_TEST_POSTGRES_URL is not set" : "";
}

std::unique_ptr<TestTarget> make_test_target() { return std::make_unique<PostgresDatabase>(); }

}  // namespace assay::tpcc
