// The decoder of histograms: what it takes is a histogram that answers sensibly, merges, and comes back from its own text.
#include "fuzz/fuzz.h"
#include "stats/histogram.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using assay::Histogram;
  using assay::Nanos;
  Histogram h;
  if (!assay::fuzz::accepted([&] { h = Histogram::decode(assay::fuzz::text_of(data, size)); })) return 0;
  ASSAY_ASSERT(Histogram::decode(h.encode()) == h);
  if (h.empty()) return 0;
  ASSAY_ASSERT(Nanos(0) <= h.min() && h.min() <= h.max());
  const auto least = static_cast<double>(h.min().count()), most = static_cast<double>(h.max().count());
  // The sum has 64 bits; and a mean of numbers near 2^63 may be rounded up.
  if (most * static_cast<double>(h.count()) < 1.8e19)
    ASSAY_ASSERT(h.mean_ns() >= least * 0.999999 && h.mean_ns() <= most * 1.000001);
  Nanos last = h.min();
  for (const double q : {0.0, 0.5, 0.99, 1.0}) {
    const Nanos value = h.quantile(q);
    ASSAY_ASSERT(last <= value && value <= h.max());
    last = value;
  }
  ASSAY_ASSERT(h.count_at_or_below(h.max()) == h.count());
  std::uint64_t counted = 0;
  for (const Histogram::Bucket& bucket : h.buckets()) counted += bucket.count;
  ASSAY_ASSERT(counted == h.count());
  Histogram twice = h;
  twice.merge(h);
  ASSAY_ASSERT(twice.min() == h.min() && twice.max() == h.max());
  return 0;
}
