// What is drawn against what the definitions of the distributions say, with fixed seeds: χ² tests fail for one seed in 10,000.
#include "dataset/dataset_fixture.h"
#include "dataset/normal.h"
#include "dataset/texts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace assay::dataset {
namespace {

constexpr std::uint64_t kRows = 500'000;

/// Pearson's χ² against expected shares, as the number of standard deviations by Wilson and Hilferty's cube root, which is
/// close to normal ("The distribution of chi-square", PNAS 17, 1931).
double deviations(const std::map<std::int64_t, double>& counts, const std::function<double(std::int64_t)>& share,
                  std::int64_t low, std::int64_t high) {
  double chi2 = 0, n = 0;
  for (const auto& [value, count] : counts) n += count;
  for (std::int64_t value = low; value <= high; value++) {
    const double expected = n * share(value);
    const auto found = counts.find(value);
    const double count = found == counts.end() ? 0 : found->second;
    chi2 += (count - expected) * (count - expected) / expected;
  }
  const auto freedom = static_cast<double>(high - low), part = 2 / (9 * freedom);
  return (std::cbrt(chi2 / freedom) - (1 - part)) / std::sqrt(part);
}

std::map<std::int64_t, double> counts_of(std::string_view column, std::uint64_t rows = kRows) {
  const RowGenerator generator(schema_of(table_with(column, rows)));
  const RowBatch batch = rows_of(generator, 0, 0, rows);
  std::map<std::int64_t, double> out;
  for (std::size_t r = 0; r < batch.size(); r++) out[std::get<std::int64_t>(batch.row(r)[1])]++;
  return out;
}

TEST(Distribution, uniform_numbers_are_uniform) {
  const auto counts = counts_of("type: int, generator: {type: int_range, min: -500, max: 499}");
  EXPECT_LT(std::abs(deviations(
                counts, [](std::int64_t) { return 0.001; }, -500, 499)),
            3.9);
}

TEST(Distribution, neighbouring_rows_do_not_depend_on_one_another) {
  const RowGenerator generator(
      schema_of(table_with("type: int, generator: {type: int_range, min: 0, max: 15}", kRows)));
  const RowBatch batch = rows_of(generator, 0, 0, kRows);
  std::map<std::int64_t, double> pairs;
  for (std::size_t r = 0; r + 1 < batch.size(); r += 2)
    pairs[std::get<std::int64_t>(batch.row(r)[1]) * 16 + std::get<std::int64_t>(batch.row(r + 1)[1])]++;
  EXPECT_LT(std::abs(deviations(
                pairs, [](std::int64_t) { return 1.0 / 256; }, 0, 255)),
            3.9);
}

TEST(Distribution, the_same_row_of_two_columns_does_not_depend_on_one_another) {
  const RowGenerator generator(schema_of(
      fmt::format("rows: {}\ntables:\n- {{name: t, columns: [{{name: a, type: int, generator: {{type: int_range, min: "
                  "0, max: 15}}}}, {{name: b, type: int, generator: {{type: int_range, min: 0, max: 15}}}}]}}\n",
                  kRows)));
  const RowBatch batch = rows_of(generator, 0, 0, kRows);
  std::map<std::int64_t, double> pairs;
  for (std::size_t r = 0; r < batch.size(); r++)
    pairs[std::get<std::int64_t>(batch.row(r)[0]) * 16 + std::get<std::int64_t>(batch.row(r)[1])]++;
  EXPECT_LT(std::abs(deviations(
                pairs, [](std::int64_t) { return 1.0 / 256; }, 0, 255)),
            3.9);
}

TEST(Distribution, zipf_is_as_frequent_as_its_definition_says) {
  for (const double exponent : {0.5, 0.99, 1.5}) {
    const auto counts = counts_of(fmt::format(
        "type: int, generator: {{type: int_range, min: 1, max: 200, distribution: {{type: zipf, exponent: {}}}}}",
        exponent));
    double zeta = 0;
    for (int r = 1; r <= 200; r++) zeta += std::pow(r, -exponent);
    EXPECT_LT(std::abs(deviations(
                  counts, [&](std::int64_t r) { return std::pow(static_cast<double>(r), -exponent) / zeta; }, 1, 200)),
              3.9)
        << exponent;
  }
}

TEST(Distribution, references_by_zipf_have_the_same_frequencies_at_scattered_rows) {
  const RowGenerator generator(schema_of(
      fmt::format("tables:\n- {{name: p, rows: 100, id: {{type: int}}}}\n- {{name: c, rows: {}, columns: [{{name: p, "
                  "type: int, references: {{table: p, distribution: {{type: zipf, exponent: 1}}}}}}]}}\n",
                  kRows)));
  const RowBatch batch = rows_of(generator, 1, 0, kRows);
  std::map<std::int64_t, double> counts;
  for (std::size_t r = 0; r < batch.size(); r++) counts[std::get<std::int64_t>(batch.row(r)[0])]++;
  ASSERT_EQ(counts.size(), 100u);
  std::vector<double> sorted;
  for (const auto& [value, count] : counts) sorted.push_back(count);
  const bool in_order = std::is_sorted(sorted.rbegin(), sorted.rend());
  EXPECT_FALSE(in_order);
  std::sort(sorted.rbegin(), sorted.rend());
  double zeta = 0;
  for (int r = 1; r <= 100; r++) zeta += 1.0 / r;
  for (const int r : {1, 2, 5}) {
    const double p = 1.0 / r / zeta;
    EXPECT_NEAR(sorted[static_cast<std::size_t>(r - 1)], p * kRows, 5 * std::sqrt(p * kRows)) << r;
  }
}

TEST(Distribution, normal_numbers_have_the_moments_they_are_given) {
  const RowGenerator generator(
      schema_of(table_with("type: double, generator: {type: float_range, min: -1000, max: 1000, distribution: {type: "
                           "normal, mean: 12.5, stddev: 40}}",
                           kRows)));
  const RowBatch batch = rows_of(generator, 0, 0, kRows);
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  for (std::size_t r = 0; r < batch.size(); r++) {
    const double z = (std::get<double>(batch.row(r)[1]) - 12.5) / 40;
    sum += z;
    squares += z * z;
    cubes += z * z * z;
    fourths += z * z * z * z;
  }
  // Standard errors of the moments of n standard normal numbers: √(1/n), √(2/n), √(15/n), √(96/n).
  const double n = kRows;
  EXPECT_NEAR(sum / n, 0, 5 * std::sqrt(1 / n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(cubes / n, 0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(fourths / n, 3, 5 * std::sqrt(96 / n));
}

TEST(Distribution, normal_whole_numbers_have_the_shares_of_the_distribution_between_their_limits) {
  const auto counts = counts_of(
      "type: int, generator: {type: int_range, min: 0, max: 20, distribution: {type: normal, mean: 8, stddev: 4}}");
  const auto phi = [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); };
  const double all = phi((20.5 - 8) / 4) - phi((-0.5 - 8) / 4);
  EXPECT_LT(std::abs(deviations(
                counts,
                [&](std::int64_t v) {
                  return (phi((static_cast<double>(v) + 0.5 - 8) / 4) - phi((static_cast<double>(v) - 0.5 - 8) / 4)) /
                         all;
                },
                0, 20)),
            3.9);
}

TEST(Distribution, normal_quantiles_are_those_of_tables) {
  // Wichura's own check values (AS 241), and quantiles as every table has them.
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.090232306167814, 4e-15);
  EXPECT_NEAR(normal_quantile(1e-20), -9.262340089798408, 1e-14);
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 2e-15);
  EXPECT_EQ(normal_quantile(0.5), 0);
}

TEST(Distribution, weights_are_shares) {
  const RowGenerator generator(schema_of(
      table_with("type: int, generator: {type: one_of, values: [0, 1, 2, 3], weights: [5, 0, 3, 12]}", kRows)));
  const RowBatch batch = rows_of(generator, 0, 0, kRows);
  std::map<std::int64_t, double> counts;
  for (std::size_t r = 0; r < batch.size(); r++) counts[std::get<std::int64_t>(batch.row(r)[1])]++;
  EXPECT_EQ(counts.count(1), 0u);
  for (const auto& [value, p] : {std::pair(0, 0.25), std::pair(2, 0.15), std::pair(3, 0.6)})
    EXPECT_NEAR(counts[value], p * kRows, 5 * std::sqrt(p * (1 - p) * kRows));
  const auto truths = counts_of("type: tiny_int, generator: {type: weighted_bool, true_weight: 0.2}");
  EXPECT_NEAR(truths.at(1), 0.2 * kRows, 5 * std::sqrt(0.16 * kRows));
  EXPECT_EQ(counts_of("type: tiny_int, generator: {type: weighted_bool, true_weight: 1}", 1000).size(), 1u);
  EXPECT_EQ(counts_of("type: tiny_int, generator: {type: weighted_bool, true_weight: 0}", 1000).begin()->first, 0);
}

TEST(Distribution, letters_of_strings_are_uniform) {
  const RowGenerator generator(
      schema_of(table_with("type: text, generator: {type: string, min_length: 11, max_length: 11}", 50'000)));
  const RowBatch batch = rows_of(generator, 0, 0, 50'000);
  std::map<std::int64_t, double> counts;
  const std::string_view letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t r = 0; r < batch.size(); r++)
    for (const char c : std::get<std::string_view>(batch.row(r)[1]))
      counts[static_cast<std::int64_t>(letters.find(c))]++;
  EXPECT_LT(std::abs(deviations(
                counts, [](std::int64_t) { return 1.0 / 62; }, 0, 61)),
            3.9);
}

TEST(Distribution, sets_take_each_value_as_often_and_keep_the_order) {
  const RowGenerator generator(
      schema_of(table_with("type: {type: set, values: [a, b, c, d]}, generator: {type: sample_array, pool: [a, b, c, "
                           "d], min_length: 2, max_length: 2}",
                           60'000)));
  std::map<std::string, double> counts;
  for (const std::string& value : texts_of(rows_of(generator, 0, 0, 60'000), 1)) counts[value]++;
  ASSERT_EQ(counts.size(), 6u);  // of 4 values 2 are taken in 6 ways
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10'000, 5 * std::sqrt(10'000 * 5.0 / 6)) << value;
  EXPECT_EQ(counts.count("['a', 'b']"), 1u);
}

}  // namespace
}  // namespace assay::dataset
