#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace assay {
namespace {

TEST(Random, the_same_seed_gives_the_same_stream) {
  Random a(42), b(42), c(43);
  int equal = 0;
  for (int i = 0; i < 100; i++) {
    const auto x = a.next();
    EXPECT_EQ(x, b.next());
    equal += x == c.next();
  }
  EXPECT_EQ(equal, 0);
}

TEST(Random, between_reaches_both_ends_and_stays_inside) {
  Random random(1);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; i++) seen.insert(random.between(-2, 3));
  EXPECT_THAT(seen, testing::ElementsAre(-2, -1, 0, 1, 2, 3));
}

TEST(Random, exponential_has_the_mean_it_is_given) {
  Random random(7);
  double sum = 0;
  const int n = 200'000;
  for (int i = 0; i < n; i++) sum += random.exponential(12.0);
  EXPECT_NEAR(sum / n, 12.0, 4 * 12.0 / std::sqrt(n));  // four standard errors
}

TEST(Random, hash_depends_on_every_argument_and_on_their_order) {
  EXPECT_EQ(hash_of(1, 2, 3), hash_of(1, 2, 3));
  EXPECT_NE(hash_of(1, 2, 3), hash_of(1, 3, 2));
  EXPECT_NE(hash_of(1, 2, 3), hash_of(2, 2, 3));
  EXPECT_NE(hash_of(1, 2), hash_of(1, 2, 0));
}

}  // namespace
}  // namespace assay
