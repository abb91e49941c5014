// Values that come from a number: of a range, a list, another table.
#include "base/error.h"
#include "dataset/constant.h"
#include "dataset/json_text.h"
#include "dataset/source.h"
#include "dataset/texts.h"

#include <array>
#include <cmath>

namespace assay::dataset {
namespace {

template <class Make>
class PickedSource final : public Source {
 public:
  PickedSource(std::unique_ptr<Pick> pick, Make make) : pick_(std::move(pick)), make_(std::move(make)) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    std::array<std::uint64_t, kBlock> picked;
    pick_->pick(rows, picked.data());
    for (std::size_t i = 0; i < rows.count; i++) cells[i] = make_(picked[i], keep);
  }

 private:
  std::unique_ptr<Pick> pick_;
  Make make_;
};

template <class Make>
std::unique_ptr<Source> picked(std::unique_ptr<Pick> pick, Make make) {
  return std::make_unique<PickedSource<Make>>(std::move(pick), std::move(make));
}

/// low + step · index in 64 bits, wrapping as unsigned numbers do, so that a range of all 2^64 is one too.
struct Units {
  std::uint64_t low, step;
  std::int64_t operator()(std::uint64_t index) const noexcept { return static_cast<std::int64_t>(low + step * index); }
};

class ReferenceSource final : public Source {
 public:
  ReferenceSource(const Source& parent, std::unique_ptr<Pick> pick) : parent_(parent), pick_(std::move(pick)) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    std::array<std::uint64_t, kBlock> picked;
    pick_->pick(rows, picked.data());
    parent_.fill({picked.data(), rows.count, 0}, cells, keep);
  }

 private:
  const Source& parent_;
  std::unique_ptr<Pick> pick_;
};

class SampleSource final : public Source {
 public:
  SampleSource(const Sample& sample, bool set, Seeded seeded) : sample_(sample), set_(set), seeded_(seeded) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    const ColumnKey key = seeded_.of(rows.version);
    for (std::size_t i = 0; i < rows.count; i++) {
      Draws draws(key.hash(rows.numbers[i]));
      const auto count = static_cast<std::size_t>(sample_.least) +
                         draws.below(static_cast<std::uint64_t>(sample_.most - sample_.least) + 1);
      Value* const elements = keep.elements(count);
      if (set_)
        some(draws, elements, count);
      else
        for (std::size_t k = 0; k < count; k++) elements[k] = sample_.pool[draws.below(sample_.pool.size())];
      cells[i] = Array{elements, count};
    }
  }

 private:
  /// Each at most once, in their order (D. E. Knuth: "The Art of Computer Programming" 2, 3.4.2, algorithm S).
  void some(Draws& draws, Value* out, std::size_t count) const noexcept {
    const std::size_t all = sample_.pool.size();
    for (std::size_t at = 0, taken = 0; taken < count; at++)
      if (draws.below(all - at) < count - taken) out[taken++] = sample_.pool[at];
  }

  Sample sample_;
  bool set_;
  Seeded seeded_;
};

class NullableSource final : public Source {
 public:
  NullableSource(std::unique_ptr<Source> inner, double rate, Seeded seeded, bool first_row_too)
      : inner_(std::move(inner)), null_(pick_chance(rate, seeded)), first_row_too_(first_row_too) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    inner_->fill(rows, cells, keep);
    std::array<std::uint64_t, kBlock> null;
    null_->pick(rows, null.data());
    for (std::size_t i = 0; i < rows.count; i++)
      if (null[i] != 0 || (first_row_too_ && rows.numbers[i] == 0)) cells[i] = kNull;
  }

 private:
  std::unique_ptr<Source> inner_;
  std::unique_ptr<Pick> null_;
  bool first_row_too_;
};

class JsonArraySource final : public Source {
 public:
  explicit JsonArraySource(std::unique_ptr<Source> inner) : inner_(std::move(inner)) {}
  void fill(const Rows& rows, Cells cells, RowBatch& keep) const override {
    inner_->fill(rows, cells, keep);
    std::string text;
    for (std::size_t i = 0; i < rows.count; i++) {
      if (!std::holds_alternative<Array>(cells[i])) continue;
      text.clear();
      append_json(cells[i], text);
      cells[i] = Json{keep.keep(text)};
    }
  }

 private:
  std::unique_ptr<Source> inner_;
};

std::unique_ptr<Source> decimal_number(std::unique_ptr<Pick> pick, Units units, int scale, bool single) {
  // Quotients and products of two exact numbers are rounded once: the double nearest to the decimal number.
  const double power = std::pow(10.0, std::abs(scale));
  return picked(std::move(pick), [=](std::uint64_t index, RowBatch&) -> Value {
    const auto number = static_cast<double>(units(index));
    const double value = scale >= 0 ? number / power : number * power;
    return single ? static_cast<double>(static_cast<float>(value)) : value;
  });
}

}  // namespace

std::unique_ptr<Source> number_source(const Type& type, std::unique_ptr<Pick> pick, std::int64_t low, std::int64_t step,
                                      int scale) {
  const Units units{static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(step)};
  switch (type.kind) {
    case Kind::boolean:
      return picked(std::move(pick), [](std::uint64_t index, RowBatch&) -> Value { return index != 0; });
    case Kind::single:
    case Kind::real:
      return decimal_number(std::move(pick), units, scale, type.kind == Kind::single);
    case Kind::decimal:
      return picked(std::move(pick),
                    [units, digits = static_cast<std::uint8_t>(type.scale)](std::uint64_t index, RowBatch&) -> Value {
                      return Decimal{units(index), digits};
                    });
    case Kind::date:
      return picked(std::move(pick), [units](std::uint64_t index, RowBatch&) -> Value {
        return Date{static_cast<std::int32_t>(units(index))};
      });
    case Kind::time:
    case Kind::time_tz:
      return picked(std::move(pick), [units](std::uint64_t index, RowBatch&) -> Value {
        const std::int64_t micros = units(index) % kDay;
        return TimeOfDay{micros < 0 ? micros + kDay : micros};
      });
    case Kind::date_time:
    case Kind::date_time_nano:
    case Kind::timestamp_tz:
      return picked(std::move(pick),
                    [units](std::uint64_t index, RowBatch&) -> Value { return Timestamp{units(index)}; });
    case Kind::duration:
      return picked(std::move(pick), [units](std::uint64_t index, RowBatch& keep) -> Value {
        const std::int64_t seconds = units(index);
        const auto size = static_cast<std::uint64_t>(seconds);
        char* const begin = keep.room(24);
        char* at = write_text(seconds < 0 ? "PT-" : "PT", begin);
        at = write_text("S", write_number(seconds < 0 ? 0 - size : size, at));
        return keep.take(begin, static_cast<std::size_t>(at - begin));
      });
    default:
      ASSAY_ASSERT(integer_limits(type.kind).has_value());
      return picked(std::move(pick), [units](std::uint64_t index, RowBatch&) -> Value { return units(index); });
  }
}

std::unique_ptr<Source> instant_source(const Type& type, std::unique_ptr<Pick> pick) {
  if (type.kind != Kind::date) return number_source(type, std::move(pick), 0, 1, 0);
  return picked(std::move(pick), [](std::uint64_t micros, RowBatch&) -> Value {
    const auto at = static_cast<std::int64_t>(micros);
    return Date{static_cast<std::int32_t>((at - (at % kDay + kDay) % kDay) / kDay)};
  });
}

std::unique_ptr<Source> choice_source(std::vector<Value> values, std::unique_ptr<Pick> pick) {
  return picked(std::move(pick),
                [values = std::move(values)](std::uint64_t index, RowBatch&) -> Value { return values[index]; });
}

std::unique_ptr<Source> constant_source(const Value& value) {
  return picked(pick_row(), [value](std::uint64_t, RowBatch&) -> Value { return value; });
}

std::unique_ptr<Source> reference_source(const Source& parent, std::unique_ptr<Pick> pick) {
  return std::make_unique<ReferenceSource>(parent, std::move(pick));
}

std::unique_ptr<Source> sample_source(const Sample& sample, bool set, Seeded seeded) {
  return std::make_unique<SampleSource>(sample, set, seeded);
}

std::unique_ptr<Source> nullable_source(std::unique_ptr<Source> inner, double rate, Seeded seeded, bool first_row_too) {
  return std::make_unique<NullableSource>(std::move(inner), rate, seeded, first_row_too);
}

std::unique_ptr<Source> json_array_source(std::unique_ptr<Source> inner) {
  return std::make_unique<JsonArraySource>(std::move(inner));
}

}  // namespace assay::dataset
