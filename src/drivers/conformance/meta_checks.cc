// core/meta.h on the target's query and rows facets.
#include "core/meta.h"
#include "drivers/conformance/conformance.h"

namespace assay::conformance {
namespace {

using testing::ElementsAre;
using testing::Pair;

class MetaRecord : public Conformance {
 protected:
  MetaRecord() { rows().drop(meta_table().name); }
  ~MetaRecord() override {
    try {
      rows().drop(meta_table().name);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "cleaning up: " << error.what();
    }
  }
};

TEST_F(MetaRecord, entries_are_got_as_they_were_put) {
  Meta meta(*session_, "conf_a");
  EXPECT_FALSE(meta.exists());
  meta.create();
  meta.create();  // no error
  EXPECT_TRUE(meta.exists());
  EXPECT_EQ(meta.get("seed"), std::nullopt);
  meta.put("seed", "42");
  meta.put("seed", "43");
  meta.put("chunk/1", "it's done\n");
  meta.put("chunk/2", "");
  EXPECT_EQ(meta.get("seed"), "43");
  EXPECT_THAT(meta.all("chunk/"), ElementsAre(Pair("chunk/1", "it's done\n"), Pair("chunk/2", "")));
  EXPECT_EQ(meta.all().size(), 3u);
}

TEST_F(MetaRecord, a_workload_sees_and_removes_its_own_entries_only) {
  Meta a(*session_, "conf_a"), b(*session_, "conf_b");
  a.create();
  a.put("name", "of a");
  b.put("name", "of b");
  EXPECT_EQ(a.get("name"), "of a");
  a.remove();
  ASSERT_TRUE(b.exists()) << "the table stays as long as another workload has entries";
  EXPECT_EQ(a.get("name"), std::nullopt);
  EXPECT_EQ(b.get("name"), "of b");
  b.remove();
  EXPECT_FALSE(b.exists()) << "and goes with the last";
  b.remove();  // no error
}

TEST_F(MetaRecord, an_entry_is_erased_and_no_other) {
  Meta a(*session_, "conf_a"), b(*session_, "conf_b");
  a.create();
  a.put("one", "1");
  a.put("two", "2");
  b.put("one", "1");
  a.erase("one");
  a.erase("three");  // no error
  EXPECT_EQ(a.all(), (std::map<std::string, std::string>{{"two", "2"}}));
  EXPECT_EQ(b.get("one"), "1");
  a.remove();
  b.remove();
}

TEST_F(MetaRecord, a_put_is_part_of_the_open_transaction) {
  Meta meta(*session_, "conf_a");
  meta.create();
  must(query().begin({}));
  meta.put("name", "value");
  must(query().rollback());
  EXPECT_EQ(meta.get("name"), std::nullopt);
}

TEST_F(MetaRecord, another_session_reads_it) {
  Meta meta(*session_, "conf_a");
  meta.create();
  meta.put("name", "value");
  const auto other = connect();
  EXPECT_EQ(Meta(*other, "conf_a").get("name"), "value");
}

}  // namespace
}  // namespace assay::conformance
