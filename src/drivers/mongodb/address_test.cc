#include "drivers/mongodb/address.h"

#include "base/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

#include <cstdio>
#include <fstream>

namespace assay::mongodb {
namespace {

using testing::HasSubstr;
using testing::Not;

TargetSpec spec(const std::string& url) { return {.url = url, .options = Options(kOptions)}; }

std::string problem(const std::string& url) {
  try {
    parse_address(spec(url));
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(MongodbAddress, AUrlIsUnderstoodAsLibmongocDoes) {
  const Address a = parse_address(
      spec("mongodb://us%40er:p%2Fw@h1:27018,h2/shop?authSource=admin&replicaSet=rs0&w=majority&decimals=text"));
  EXPECT_EQ(a.database, "shop");
  EXPECT_EQ(a.user, "us@er");
  EXPECT_STREQ(mongoc_uri_get_password(a.uri.get()), "p/w");
  EXPECT_EQ(a.place, "h1:27018,h2:27017");
  EXPECT_STREQ(mongoc_uri_get_auth_source(a.uri.get()), "admin");
  EXPECT_STREQ(mongoc_uri_get_replica_set(a.uri.get()), "rs0");
  EXPECT_TRUE(a.own_write_concern);
  EXPECT_EQ(a.decimals, Decimals::text);
  EXPECT_FALSE(a.tls);
}

TEST(MongodbAddress, RetriesAreOursUnlessTheUrlSaysOtherwise) {
  const auto retries = [](const std::string& query) {
    const Address a = parse_address(spec("mongodb://h/d" + query));
    return mongoc_uri_get_option_as_bool(a.uri.get(), MONGOC_URI_RETRYWRITES, true);
  };
  EXPECT_FALSE(retries(""));
  EXPECT_TRUE(retries("?retryWrites=true"));
}

TEST(MongodbAddress, TlsIsAskedForByTheUrl) {
  const Address a = parse_address(spec("mongodb://h/d?tls=true&tlsCAFile=/etc/hostname&tlsAllowInvalidHostnames=true"));
  EXPECT_TRUE(a.tls);
  EXPECT_EQ(a.tls_ca, "/etc/hostname");
  EXPECT_TRUE(a.tls_any_name);
  EXPECT_FALSE(a.tls_any_certificate);
}

TEST(MongodbAddress, WhatIsNotUnderstoodIsAnErrorThatNamesIt) {
  EXPECT_THAT(problem("mongodb://h"), HasSubstr("names no database"));
  EXPECT_THAT(problem("mongodb://h/d?wombat=1"), HasSubstr("wombat"));
  EXPECT_THAT(problem("mongodb://h/d?replicaSet=rs&connectTimeoutMS=soon"), HasSubstr("soon"));
  EXPECT_THAT(problem("mongodb://h:port/d"), HasSubstr("mongodb://h:port/d"));
  EXPECT_THAT(problem("mongodb://h/d?decimals=double"), HasSubstr("decimal128"));
  EXPECT_THAT(problem("mongodb://h/d?w=0"), HasSubstr("w=0"));
  EXPECT_THAT(problem("mongodb://h/d?tls=true&tlsCAFile=/nowhere/ca.pem"), HasSubstr("/nowhere/ca.pem"));
  EXPECT_THAT(problem("mongodb://h/d?password-file=/etc/hostname"), HasSubstr("without a user"));
  EXPECT_THAT(problem("mongodb://u@h/d?password-file=/nowhere/at/all"), HasSubstr("/nowhere/at/all"));
  EXPECT_THAT(problem("postgres://h/d"), HasSubstr("no URL of MongoDB"));
}

TEST(MongodbAddress, MessagesShowNoPassword) {
  for (const char* url : {"mongodb://u:sesame@h", "mongodb://u:sesame@h/d?wombat=1", "mongodb://u:sesame@h:port/d"}) {
    EXPECT_THAT(problem(url), Not(HasSubstr("sesame"))) << url;
    EXPECT_NE(problem(url), "") << url;
  }
}

TEST(MongodbAddress, ThePasswordMayStandInAFile) {
  const std::string file = testing::TempDir() + "mongodb_password";
  std::ofstream(file) << "correct horse\n";
  const Address a = parse_address(spec("mongodb://u@h/d?password-file=" + file));
  EXPECT_STREQ(mongoc_uri_get_password(a.uri.get()), "correct horse");
  EXPECT_THAT(problem("mongodb://u:x@h/d?password-file=" + file), HasSubstr("password-file"));
  std::remove(file.c_str());
}

}  // namespace
}  // namespace assay::mongodb
