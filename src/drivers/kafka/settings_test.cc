#include "drivers/kafka/settings.h"

#include "base/error.h"
#include "drivers/kafka/kafka.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace assay::kafka {
namespace {

using testing::HasSubstr;
using testing::Not;

TargetSpec at(const std::string& url) { return {.url = url, .options = Options(kOptions)}; }

std::string refusal(const std::string& url) {
  try {
    parse_settings(at(url));
  } catch (const Error& error) {
    return error.what();
  }
  return "it was taken";
}

TEST(KafkaSettings, BrokersAndUserComeFromTheUrl) {
  const Settings one = parse_settings(at("kafka://broker"));
  EXPECT_EQ(one.brokers, "broker:9092");
  EXPECT_EQ(one.place, "broker:9092");
  EXPECT_EQ(one.properties.at("security.protocol"), "plaintext");
  EXPECT_EQ(one.properties.count("sasl.username"), 0u);
  EXPECT_TRUE(one.transactions);
  EXPECT_EQ(one.producing.at("acks"), "all");

  const Settings many = parse_settings(at("kafka://me:s%40cret@a:1,[::1]:2,c/?security-protocol=sasl_ssl"));
  EXPECT_EQ(many.brokers, "a:1,[::1]:2,c:9092");
  EXPECT_EQ(many.place, "a:1,[::1]:2,c:9092, user 'me'");
  EXPECT_EQ(many.properties.at("security.protocol"), "sasl_ssl");
  EXPECT_EQ(many.properties.at("sasl.mechanism"), "PLAIN");
  EXPECT_EQ(many.properties.at("sasl.username"), "me");
  EXPECT_EQ(many.properties.at("sasl.password"), "s@cret");
}

TEST(KafkaSettings, OptionsBecomePropertiesOfTheLibrary) {
  const Settings settings = parse_settings(
      at("kafka://h?acks=1&compression=zstd&linger=250ms&batch-size=64KiB&prefix=bench.&partitions=7&replication=2&"
         "properties=socket.nagle.disable%3Dtrue;debug%3Dbroker,topic"));
  EXPECT_EQ(settings.producing.at("acks"), "1");
  EXPECT_FALSE(settings.transactions);
  EXPECT_EQ(settings.producing.at("compression.type"), "zstd");
  EXPECT_EQ(settings.producing.at("linger.ms"), "250");
  EXPECT_EQ(settings.producing.at("batch.size"), "65536");
  EXPECT_EQ(settings.partitions, 7);
  EXPECT_EQ(settings.replication, 2);
  EXPECT_EQ(settings.properties.at("socket.nagle.disable"), "true");
  EXPECT_EQ(settings.properties.at("debug"), "broker,topic");
  EXPECT_EQ(topic_of(settings, "users"), "bench.users");
}

TEST(KafkaSettings, ThePasswordMayComeFromAFile) {
  const std::string path = testing::TempDir() + "/kafka-password";
  std::ofstream(path) << "correct horse\r\nsecond line\n";
  EXPECT_EQ(parse_settings(at("kafka://me@h?password-file=" + path)).properties.at("sasl.password"), "correct horse");
  EXPECT_THAT(refusal("kafka://me:x@h?password-file=" + path), HasSubstr("given twice"));
  EXPECT_THAT(refusal("kafka://me@h?password-file=/nowhere"), HasSubstr("/nowhere"));
}

TEST(KafkaSettings, WhatMakesNoSenseIsRefusedAndSaysWhatIsExpected) {
  EXPECT_THAT(refusal("kafka:h"), HasSubstr("expected for example kafka://host:9092"));
  EXPECT_THAT(refusal("kafka://"), HasSubstr("has no host"));
  EXPECT_THAT(refusal("kafka://a,,b"), HasSubstr("has no host"));
  EXPECT_THAT(refusal("kafka://h/topic"), HasSubstr("there is a path"));
  EXPECT_THAT(refusal("kafka://h:99999"), HasSubstr("65535"));
  EXPECT_THAT(refusal("kafka://h?acks=2"), HasSubstr("acks"));
  EXPECT_THAT(refusal("kafka://h?proto-folder=/tmp"), HasSubstr("format=protobuf"));
  EXPECT_THAT(refusal("kafka://h?ssl-ca-location=/etc/hostname"), HasSubstr("expected ssl or sasl_ssl"));
  EXPECT_THAT(refusal("kafka://h?security-protocol=ssl&ssl-ca-location=/nowhere"), HasSubstr("cannot read /nowhere"));
  EXPECT_THAT(refusal("kafka://me@h?security-protocol=ssl"), HasSubstr("user 'me' has no effect"));
  EXPECT_THAT(refusal("kafka://h?security-protocol=sasl_ssl"), HasSubstr("needs a user"));
  EXPECT_THAT(refusal("kafka://h?sasl-mechanism=PLAIN"), HasSubstr("no effect"));
  EXPECT_THAT(refusal("kafka://h?properties=linger.ms%3D5"), HasSubstr("linger.ms is not free"));
  EXPECT_THAT(refusal("kafka://h?properties=plugin.library.paths%3Dx"), HasSubstr("not free"));
  EXPECT_THAT(refusal("kafka://h?properties=nonsense"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refusal("kafka://h?prefix=a/b"), HasSubstr("no topics named 'a/bx'"));
}

TEST(KafkaSettings, SecretsAreNotShownAndNotTakenWhereTheyWouldBe) {
  EXPECT_THAT(refusal("kafka://me:secret@h/topic"), Not(HasSubstr("secret")));
  EXPECT_THAT(refusal("kafka://h?properties=ssl.key.password%3Dhunter2"),
              testing::AllOf(HasSubstr("password-file"), Not(HasSubstr("hunter2"))));
}

TEST(KafkaSettings, TopicsThatKafkaCannotHaveAreRefused) {
  const Settings settings = parse_settings(at("kafka://h"));
  for (const std::string& name :
       {std::string("a b"), std::string("größe"), std::string(250, 'x'), std::string(".."), std::string()})
    EXPECT_THROW(topic_of(settings, name), Error) << name;
  EXPECT_EQ(topic_of(settings, std::string(249, 'x')).size(), 249u);
}

TEST(KafkaSettings, AnUnknownPropertyIsRefusedBeforeAnythingIsDone) {
  const auto opened = [](const std::string& url) -> std::string {
    try {
      kafka_driver().open(at(url));
    } catch (const Error& error) {
      return error.what();
    }
    return "it was taken";
  };
  EXPECT_THAT(opened("kafka://h?properties=wombat%3D1"), HasSubstr("wombat"));
  EXPECT_THAT(opened("kafka://h?properties=socket.timeout.ms%3Dsoon"), HasSubstr("socket.timeout.ms"));
  EXPECT_THAT(opened("kafka://h?properties=socket.timeout.ms%3D5000"), "it was taken");
}

}  // namespace
}  // namespace assay::kafka
