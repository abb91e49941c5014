// A log-linear histogram of durations with one fixed layout: merging is addition, on any machine, in any order, without
// loss.
//
// Values below 128 ns have a bucket each; above, each power of two is cut into 128 buckets, so a bucket is never wider
// than 1/128 of its values (the layout of fio's and HdrHistogram's, with 7 bits). A quantile is answered as the middle
// of its bucket, clamped to the exact minimum and maximum: its relative error is below 0.4 %. Values up to 9.7 hours;
// longer ones are counted in the last bucket, and max() stays exact.
//
// Not thread-safe. About 40 KB of address space; only pages that were recorded into are resident.
#pragma once

#include "base/time.h"

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

class Histogram {
 public:
  static constexpr int kSubBits = 7;   // 128 buckets an octave
  static constexpr int kMaxBits = 45;  // values below 2^45 ns, 9.77 hours
  static constexpr std::size_t kBuckets = static_cast<std::size_t>(kMaxBits - kSubBits + 1) << kSubBits;

  Histogram();
  Histogram(const Histogram&);
  Histogram& operator=(const Histogram&);
  Histogram(Histogram&&) noexcept;
  Histogram& operator=(Histogram&&) noexcept;

  /// Adds one value; a negative one counts as 0. Never allocates, never locks. Inline whatever else a caller's file has: three
  /// of these are a fifth of what an operation costs.
  [[gnu::always_inline]] inline void record(Nanos value) noexcept {
    const std::uint64_t v = value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count());
    const std::size_t i = index(v);
    counts_[i]++;
    octaves_ |= std::uint64_t{1} << (i >> kSubBits);
    total_++;
    sum_ += v;
    if (v < min_) min_ = v;
    if (v > max_) max_ = v;
  }
  void record(Nanos value, std::uint64_t times) noexcept;
  void merge(const Histogram&) noexcept;
  void clear() noexcept;

  std::uint64_t count() const noexcept { return total_; }
  bool empty() const noexcept { return total_ == 0; }
  Nanos min() const noexcept { return Nanos(total_ ? static_cast<std::int64_t>(min_) : 0); }
  Nanos max() const noexcept { return Nanos(static_cast<std::int64_t>(max_)); }
  double mean_ns() const noexcept { return total_ ? static_cast<double>(sum_) / static_cast<double>(total_) : 0; }
  Nanos mean() const noexcept { return Nanos(static_cast<std::int64_t>(mean_ns() + 0.5)); }
  /// The smallest recorded value v (to the bucket's precision) with at least q * count() values ≤ v; 0 ≤ q ≤ 1. 0 when
  /// empty.
  Nanos quantile(double q) const noexcept;
  /// How many values are ≤ limit, to the bucket's precision (a bucket that the limit cuts counts whole when its middle
  /// is ≤).
  std::uint64_t count_at_or_below(Nanos limit) const noexcept;

  /// A filled bucket: values in [low, high] (both included), `count` of them.
  struct Bucket {
    Nanos low, high;
    std::uint64_t count;
  };
  /// The filled buckets, ascending.
  std::vector<Bucket> buckets() const;

  /// Compact text for files and the wire: base64 of a version byte, then varints: count-independent facts (min, max,
  /// sum) and (gap, count) for each filled bucket. decode() throws Error naming what is wrong; decode(encode()) is the
  /// identity.
  std::string encode() const;
  static Histogram decode(std::string_view text);
  /// The same in place of what it held, in memory that is there. After an Error it holds anything.
  void decode_from(std::string_view text);

  friend bool operator==(const Histogram&, const Histogram&) noexcept;

 private:
  struct Free {
    void operator()(std::uint64_t* p) const noexcept { std::free(p); }
  };
  [[gnu::always_inline]] static inline std::size_t index(std::uint64_t v) noexcept {
    if (v < (1u << kSubBits)) return v;
    const int octave = std::bit_width(v) - kSubBits;  // 1 for [128, 256)
    if (octave > kMaxBits - kSubBits) return kBuckets - 1;
    return (static_cast<std::size_t>(octave) << kSubBits) +
           static_cast<std::size_t>((v >> (octave - 1)) & ((1u << kSubBits) - 1));
  }
  static std::uint64_t low(std::size_t i) noexcept {
    const std::size_t octave = i >> kSubBits, sub = i & ((1u << kSubBits) - 1);
    return octave == 0 ? sub : ((std::uint64_t{1} << kSubBits) | sub) << (octave - 1);
  }
  static std::uint64_t high(std::size_t i) noexcept {
    const std::size_t octave = i >> kSubBits;
    return low(i) + (octave == 0 ? 0 : (std::uint64_t{1} << (octave - 1)) - 1);
  }

  std::unique_ptr<std::uint64_t[], Free> counts_;  // kBuckets of them, from calloc: untouched pages are not resident
  std::uint64_t octaves_ = 0;  // bit o is set when octave o holds a count: what merge and clear walk
  std::uint64_t total_ = 0, sum_ = 0, min_ = ~std::uint64_t{0}, max_ = 0;
};

}  // namespace assay
