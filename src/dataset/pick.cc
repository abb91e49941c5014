#include "base/error.h"
#include "base/permutation.h"
#include "base/zipfian.h"
#include "dataset/normal.h"
#include "dataset/source.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace assay::dataset {
namespace {

std::uint64_t below(std::uint64_t hash, std::uint64_t count) noexcept {
  return static_cast<std::uint64_t>((static_cast<Uint128>(hash) * count) >> 64);
}

/// A pick that is a function of the row and of its hash.
template <class Choose>
class HashedPick final : public Pick {
 public:
  HashedPick(Seeded seeded, Choose choose) : seeded_(seeded), choose_(std::move(choose)) {}
  void pick(const Rows& rows, std::uint64_t* out) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++) out[i] = choose_(rows.numbers[i], key.hash(rows.numbers[i]));
  }

 private:
  Seeded seeded_;
  Choose choose_;
};

template <class Choose>
std::unique_ptr<Pick> hashed(Seeded seeded, Choose choose) {
  return std::make_unique<HashedPick<Choose>>(seeded, std::move(choose));
}

/// A pick that is a function of the row alone.
template <class Choose>
class RowPick final : public Pick {
 public:
  explicit RowPick(Choose choose) : choose_(std::move(choose)) {}
  void pick(const Rows& rows, std::uint64_t* out) const override {
    for (std::size_t i = 0; i < rows.count; i++) out[i] = choose_(rows.numbers[i]);
  }

 private:
  Choose choose_;
};

template <class Choose>
std::unique_ptr<Pick> of_row(Choose choose) {
  return std::make_unique<RowPick<Choose>>(std::move(choose));
}

}  // namespace

std::unique_ptr<Pick> pick_row() {
  return of_row([](std::uint64_t row) noexcept { return row; });
}

std::unique_ptr<Pick> pick_by(const Distribution& distribution, std::uint64_t count, std::int64_t low,
                              std::int64_t step, Seeded seeded, bool scattered) {
  switch (distribution.shape) {
    case Distribution::Shape::uniform:
      if (count == 0) return hashed(seeded, [](std::uint64_t, std::uint64_t hash) noexcept { return hash; });
      return hashed(seeded, [count](std::uint64_t, std::uint64_t hash) noexcept { return below(hash, count); });
    case Distribution::Shape::zipf: {
      const std::uint64_t n = count == 0 ? ~std::uint64_t{0} : count;
      const Zipfian ranks(distribution.exponent, n);
      if (!scattered)
        return hashed(seeded, [ranks](std::uint64_t, std::uint64_t hash) noexcept {
          Random random(hash);
          return ranks.draw(random);
        });
      return hashed(seeded, [ranks, places = Permutation(n, seeded.key.other("scatter").number())](
                                std::uint64_t, std::uint64_t hash) noexcept {
        Random random(hash);
        return places(ranks.draw(random));
      });
    }
    case Distribution::Shape::normal:
      break;
  }
  const double last = static_cast<double>(count - 1), unit = static_cast<double>(step);
  const double mean = distribution.mean ? (*distribution.mean - static_cast<double>(low)) / unit : last / 2;
  const double deviation = distribution.deviation ? *distribution.deviation / unit : std::max(last / 6, 1e-3);
  return hashed(seeded, [normal = NormalIndex(mean, deviation, count)](std::uint64_t, std::uint64_t hash) noexcept {
    return normal(hash);
  });
}

std::unique_ptr<Pick> pick_weighted(const std::vector<double>& weights, Seeded seeded) {
  // Walker's alias method as M. D. Vose has it ("A linear algorithm for generating random numbers with a given distribution",
  // IEEE Trans. Software Eng. 17, 1991): a column is chosen, and then it or its alias.
  const std::size_t count = weights.size();
  double sum = 0;
  for (const double weight : weights) sum += weight;
  std::vector<double> share(count);
  std::vector<std::uint64_t> limit(count, ~std::uint64_t{0}), alias(count), small, large;
  for (std::size_t i = 0; i < count; i++) {
    share[i] = weights[i] / sum * static_cast<double>(count);
    alias[i] = i;
    (share[i] < 1 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint64_t less = small.back(), more = large.back();
    small.pop_back();
    limit[less] = static_cast<std::uint64_t>(std::ldexp(share[less], 64));
    alias[less] = more;
    share[more] -= 1 - share[less];
    if (share[more] < 1) {
      large.pop_back();
      small.push_back(more);
    }
  }
  return hashed(seeded, [limit, alias](std::uint64_t, std::uint64_t hash) noexcept {
    const Uint128 product = static_cast<Uint128>(hash) * limit.size();
    const auto column = static_cast<std::size_t>(product >> 64);
    return static_cast<std::uint64_t>(product) < limit[column] ? column : alias[column];
  });
}

std::unique_ptr<Pick> pick_unique(std::uint64_t count, ColumnKey key) {
  return of_row([count, permutation = Permutation(count, key.other("unique").number())](std::uint64_t row) {
    ASSAY_ASSERT(row < count);  // RowGenerator::most_rows()
    return permutation(row);
  });
}

std::unique_ptr<Pick> pick_digit(std::uint64_t combinations, std::uint64_t divisor, std::uint64_t count,
                                 ColumnKey key) {
  return of_row([=, permutation = Permutation(combinations, key.number())](std::uint64_t row) {
    ASSAY_ASSERT(row < combinations);
    return permutation(row) / divisor % count;
  });
}

std::unique_ptr<Pick> pick_earlier(Seeded seeded) {
  return hashed(seeded, [](std::uint64_t row, std::uint64_t hash) noexcept { return below(hash, row); });
}

std::unique_ptr<Pick> pick_chance(double of_one, Seeded seeded) {
  const bool always = of_one >= 1;
  const std::uint64_t limit = always ? 0 : static_cast<std::uint64_t>(std::ldexp(of_one, 64));
  return hashed(seeded, [always, limit](std::uint64_t, std::uint64_t hash) noexcept {
    return std::uint64_t{always || hash < limit};
  });
}

std::unique_ptr<Pick> pick_instants(const Instants& instants, Seeded seeded) {
  const auto start = static_cast<std::uint64_t>(instants.start), step = static_cast<std::uint64_t>(instants.step);
  return hashed(seeded, [start, step](std::uint64_t row, std::uint64_t hash) noexcept {
    return start + row * step + below(hash, step / 1000) * 1000;
  });
}

}  // namespace assay::dataset
