#include "stats/histogram.h"

#include "base/base64.h"
#include "base/error.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

namespace assay {
namespace {

constexpr std::uint8_t kFormatVersion = 1;

std::uint64_t* zeroed() {
  void* p = std::calloc(Histogram::kBuckets, sizeof(std::uint64_t));
  if (p == nullptr) throw std::bad_alloc();
  return static_cast<std::uint64_t*>(p);
}

void put_varint(std::string& out, std::uint64_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}

/// Reads varints and knows when the bytes end too early.
struct Reader {
  std::string_view rest;
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest.empty()) throw Error("histogram: the data ends in the middle of a number");
      const auto byte = static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      v |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    throw Error("histogram: a number has more than 64 bits");
  }
};

}  // namespace

Histogram::Histogram() : counts_(zeroed()) {}

Histogram::Histogram(const Histogram& other) : Histogram() { merge(other); }

Histogram& Histogram::operator=(const Histogram& other) {
  if (this != &other) {
    clear();
    merge(other);
  }
  return *this;
}

// A moved-from histogram is an empty one, fit for use: the counts are swapped, not taken.
Histogram::Histogram(Histogram&& other) noexcept : counts_(zeroed()) { *this = std::move(other); }

Histogram& Histogram::operator=(Histogram&& other) noexcept {
  std::swap(counts_, other.counts_);
  std::swap(octaves_, other.octaves_);
  std::swap(total_, other.total_);
  std::swap(sum_, other.sum_);
  std::swap(min_, other.min_);
  std::swap(max_, other.max_);
  return *this;
}

void Histogram::record(Nanos value, std::uint64_t times) noexcept {
  if (times == 0) return;
  record(value);
  const std::uint64_t v = value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count());
  counts_[index(v)] += times - 1;
  total_ += times - 1;
  sum_ += v * (times - 1);
}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::uint64_t left = other.octaves_; left != 0; left &= left - 1) {
    const std::size_t first = static_cast<std::size_t>(std::countr_zero(left)) << kSubBits;
    for (std::size_t i = first; i < first + (1u << kSubBits); i++) counts_[i] += other.counts_[i];
  }
  octaves_ |= other.octaves_;
  total_ += other.total_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() noexcept {
  for (; octaves_ != 0; octaves_ &= octaves_ - 1)
    std::fill_n(counts_.get() + (static_cast<std::size_t>(std::countr_zero(octaves_)) << kSubBits), 1u << kSubBits, 0);
  total_ = sum_ = max_ = 0;
  min_ = ~std::uint64_t{0};
}

Nanos Histogram::quantile(double q) const noexcept {
  if (total_ == 0) return Nanos(0);
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(total_));
  const std::uint64_t want = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, total_);
  if (want == total_) return max();
  std::uint64_t seen = 0;
  for (std::uint64_t left = octaves_; left != 0; left &= left - 1) {
    const std::size_t first = static_cast<std::size_t>(std::countr_zero(left)) << kSubBits;
    for (std::size_t i = first; i < first + (1u << kSubBits); i++)
      if ((seen += counts_[i]) >= want) {
        const std::uint64_t middle = low(i) + (high(i) - low(i)) / 2;
        return Nanos(static_cast<std::int64_t>(std::clamp(middle, min_, max_)));
      }
  }
  return max();
}

std::uint64_t Histogram::count_at_or_below(Nanos limit) const noexcept {
  if (limit >= max()) return total_;
  std::uint64_t seen = 0;
  for (const Bucket& bucket : buckets())
    if (bucket.low + (bucket.high - bucket.low) / 2 <= limit) seen += bucket.count;
  return seen;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::uint64_t left = octaves_; left != 0; left &= left - 1) {
    const std::size_t first = static_cast<std::size_t>(std::countr_zero(left)) << kSubBits;
    for (std::size_t i = first; i < first + (1u << kSubBits); i++)
      if (counts_[i] != 0)
        out.push_back(
            {Nanos(static_cast<std::int64_t>(low(i))), Nanos(static_cast<std::int64_t>(high(i))), counts_[i]});
  }
  return out;
}

std::string Histogram::encode() const {
  thread_local std::string bytes;  // its memory is used again
  bytes.assign(1, static_cast<char>(kFormatVersion));
  if (total_ > 0) {
    put_varint(bytes, min_);
    put_varint(bytes, max_ - min_);
    put_varint(bytes, sum_);
    std::size_t next = 0;
    for (std::uint64_t left = octaves_; left != 0; left &= left - 1) {
      const std::size_t first = static_cast<std::size_t>(std::countr_zero(left)) << kSubBits;
      for (std::size_t i = first; i < first + (1u << kSubBits); i++) {
        if (counts_[i] == 0) continue;
        put_varint(bytes, i - next);
        put_varint(bytes, counts_[i]);
        next = i + 1;
      }
    }
  }
  return to_base64(bytes);
}

Histogram Histogram::decode(std::string_view text) {
  Histogram out;
  out.decode_from(text);
  return out;
}

void Histogram::decode_from(std::string_view text) {
  const std::string bytes = from_base64(text, "histogram");
  Reader in{bytes};
  if (in.rest.empty()) throw Error("histogram: the text is empty");
  if (const auto version = static_cast<unsigned char>(in.rest.front()); version != kFormatVersion)
    throw Error(
        fmt::format("histogram: format version {} is not known; this assay reads version {}", version, kFormatVersion));
  in.rest.remove_prefix(1);
  clear();
  if (in.rest.empty()) return;
  min_ = in.varint();
  const std::uint64_t span = in.varint();
  max_ = min_ + span;
  sum_ = in.varint();
  if (max_ < span || max_ > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    throw Error("histogram: its maximum overflows");
  std::size_t first = kBuckets, last = 0;
  for (std::size_t next = 0; !in.rest.empty();) {
    const std::uint64_t gap = in.varint(), count = in.varint();
    if (gap >= kBuckets || next + gap >= kBuckets) throw Error("histogram: a bucket is out of range");
    if (count == 0 || total_ + count < total_) throw Error("histogram: a bucket's count is impossible");
    last = next + gap;
    first = std::min(first, last);
    counts_[last] = count;
    octaves_ |= std::uint64_t{1} << (last >> kSubBits);
    total_ += count;
    next = last + 1;
  }
  if (total_ == 0) throw Error("histogram: it has facts but no buckets");
  if (first != index(min_) || last != index(max_))
    throw Error("histogram: its minimum or maximum lies in an empty bucket, or others are beyond");
  const double mean = mean_ns(), slack = 1e-9 * mean;  // the count, too, may be rounded
  const bool may_wrap = static_cast<double>(total_) * static_cast<double>(max_) > 1.8e19;  // beyond 64 bits
  if (!may_wrap && (mean < static_cast<double>(min_) - slack || mean > static_cast<double>(max_) + slack))
    throw Error("histogram: its sum is impossible");
}

bool operator==(const Histogram& a, const Histogram& b) noexcept {
  return a.total_ == b.total_ && a.sum_ == b.sum_ && a.min_ == b.min_ && a.max_ == b.max_ && a.octaves_ == b.octaves_ &&
         std::memcmp(a.counts_.get(), b.counts_.get(), Histogram::kBuckets * sizeof(std::uint64_t)) == 0;
}

}  // namespace assay
