// Response times as an HdrHistogram log, format 1.3, which HistogramLogProcessor, hdr-histogram-js and others read
// (https://github.com/HdrHistogram/HdrHistogram, HistogramLogWriter and EncodableHistogram; the V2 encoding is that of
// AbstractHistogram.encodeIntoByteBuffer, deflated).
//
// Two significant digits make HdrHistogram keep 256 buckets in the first and 128 in each further octave of a unit of 1 ns:
// the very layout of stats/histogram.h. So nothing is lost on the way.

#include "base/base64.h"
#include "base/error.h"
#include "base/units.h"
#include "results/render.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <vector>

namespace assay {
namespace {

constexpr std::uint32_t kCookie = 0x1c849303 | 0x10, kCompressedCookie = 0x1c849304 | 0x10;  // V2
constexpr std::uint32_t kSignificantDigits = 2;
constexpr int kHalfBits = 7;  // 2 * 10^2 units fit 2^8 buckets; each octave but the first adds half of these
static_assert(Histogram::kSubBits == kHalfBits, "other buckets than these would lose precision");

void put_32(std::string& out, std::uint32_t v) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(v >> shift));
}

void put_64(std::string& out, std::uint64_t v) {
  put_32(out, static_cast<std::uint32_t>(v >> 32));
  put_32(out, static_cast<std::uint32_t>(v));
}

/// ZigZag LEB128 with at most nine bytes: the ninth has all of its eight bits.
void put_count(std::string& out, std::int64_t v) {
  std::uint64_t zigzag = (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
  for (int i = 0; i < 8 && zigzag >= 0x80; i++, zigzag >>= 7) out.push_back(static_cast<char>(zigzag | 0x80));
  out.push_back(static_cast<char>(zigzag));
}

/// Where HdrHistogram counts a value.
std::int64_t index_of(std::uint64_t v) {
  const int octave = std::max(0, static_cast<int>(std::bit_width(v)) - (kHalfBits + 1));
  return ((octave + 1) << kHalfBits) + static_cast<std::int64_t>(v >> octave) - (1 << kHalfBits);
}

std::string encoded(const Histogram& h) {
  std::string counts;
  std::int64_t next = 0;
  for (const Histogram::Bucket& bucket : h.buckets()) {
    const std::int64_t index = index_of(static_cast<std::uint64_t>(bucket.low.count()));
    if (index > next) put_count(counts, next - index);  // so many empty ones
    put_count(counts, static_cast<std::int64_t>(bucket.count));
    next = index + 1;
  }
  std::string out;
  put_32(out, kCookie);
  put_32(out, static_cast<std::uint32_t>(counts.size()));
  put_32(out, 0);  // normalizing index offset
  put_32(out, kSignificantDigits);
  put_64(out, 1);                                              // lowest value that can be told from 0
  put_64(out, (std::uint64_t{1} << Histogram::kMaxBits) - 1);  // highest value
  put_64(out, std::bit_cast<std::uint64_t>(1.0));              // integer to double ratio
  return out + counts;
}

std::string compressed(const std::string& bytes) {
  uLongf size = ::compressBound(bytes.size());
  std::string deflated(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(deflated.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                  bytes.size(), Z_BEST_COMPRESSION) != Z_OK)
    throw Error("the histogram cannot be compressed: zlib has no memory", ExitCode::internal);
  deflated.resize(size);
  std::string out;
  put_32(out, kCompressedCookie);
  put_32(out, static_cast<std::uint32_t>(size));
  return out + deflated;
}

/// A tag ends at a comma; readers split lines at spaces, too.
std::string tag_text(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<unsigned char>(c) <= ' ' || c == ',' || c == '"' ? '_' : c;
  return out;
}

struct Line {
  Nanos start{};
  std::string text;
};

void add_lines(std::vector<Line>& lines, const Document& d, const GroupResult& group, std::size_t operation) {
  const std::string name =
      d.groups.size() == 1 ? group.operations[operation].name : group.name + "/" + group.operations[operation].name;
  const Nanos end = d.length(), length = group.series.interval();
  for (const SeriesInterval& interval : group.series.intervals()) {
    if (interval.phase != Phase::measure && interval.phase != Phase::drain) continue;
    const std::string& text = interval.operations[operation].response;
    if (text.empty()) continue;
    const Histogram h = Histogram::decode(text);
    const Nanos start = length * interval.index;
    lines.push_back({start, fmt::format("Tag={},{:.3f},{:.3f},{:.3f},{}\n", tag_text(name), to_seconds(start),
                                        to_seconds(end > start ? std::min(length, end - start) : length),
                                        to_millis(h.max()), to_base64(compressed(encoded(h))))});
  }
}

}  // namespace

std::string render_hlog(const Document& d) {
  const double start = to_seconds(d.started.time_since_epoch());
  std::string out = fmt::format("#[assay {}: response times of {}, run {}; values in ns, maxima in ms]\n",
                                d.assay_version, d.workload.name, d.id);
  out += "#[Histogram log format version 1.3]\n";
  out += fmt::format("#[StartTime: {:.3f} (seconds since epoch), {}]\n", start, format_wall(d.started));
  out += fmt::format("#[BaseTime: {:.3f} (seconds since epoch)]\n", start);
  out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  std::vector<Line> lines;
  for (const GroupResult& group : d.groups)
    for (std::size_t o = 0; o < group.operations.size(); o++) add_lines(lines, d, group, o);
  // Readers that are asked for a part of the time stop at the first line behind it.
  std::ranges::stable_sort(lines, {}, &Line::start);
  for (const Line& line : lines) out += line.text;
  return out;
}

}  // namespace assay
