// A result of 24 hours in intervals of a second, on a clock that is only counted, stays small: in memory, on the disk, and
// while it is written.

#include "base/random.h"
#include "results/file.h"
#include "results/sample_document.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace assay {
namespace {

constexpr std::size_t kMost = 20'000'000;
constexpr std::size_t kOperations = 2, kSeconds = 24 * 3600;

/// Bytes that are allocated and not given back.
std::size_t in_use() {
  const auto facts = mallinfo2();
  return facts.uordblks + facts.hblkhd;
}

/// What the kernel says of this process, in bytes: "VmRSS", "VmHWM".
std::size_t status(const std::string& name) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == name + ":") {
      std::size_t kilobytes = 0;
      in >> kilobytes;
      return kilobytes * 1024;
    }
  return 0;
}

/// A second of a load: times over an octave, which fill a hundred buckets of each histogram.
GroupStats second_of_load(Random& random) {
  GroupStats stats(kOperations);
  for (OperationStats& operation : stats.operations)
    for (int i = 0; i < 200; i++) {
      const double ms = 2 + 2 * random.unit();
      const auto service = Nanos(static_cast<std::int64_t>(ms * 1e6)),
                 wait = Nanos(static_cast<std::int64_t>(ms * 1e5));
      operation.response.record(service + wait);
      operation.service.record(service);
      operation.wait.record(wait);
      operation.lag.record(Nanos(20'000 + random.below(20'000)));
      operation.completed++;
    }
  return stats;
}

TEST(LongRun, of_24_hours_in_seconds_stays_under_20_megabytes) {
  const std::size_t before = in_use();
  Document document = small_document();
  GroupResult& group = document.groups[0];
  group.operations = {{"a", false, {}}, {"b", false, {}}};
  group.failures.clear();
  document.phases = {{Phase::measure, Nanos(0), std::chrono::seconds(kSeconds)}};
  group.series = Series(std::chrono::seconds(1), kOperations);
  Series* const all[] = {&group.series};
  {
    Random random(1);
    std::vector<GroupStats> seconds;
    for (int i = 0; i < 20; i++) seconds.push_back(second_of_load(random));
    for (std::size_t second = 0; second < kSeconds; second++) {
      const GroupStats& stats = seconds[second % seconds.size()];
      for (std::size_t o = 0; o < kOperations; o++) group.operations[o].measured().merge(stats.operations[o]);
      group.series.add(static_cast<std::int64_t>(second), Phase::measure, stats);
      Series::keep_within(Series::kMostBytes, all);
    }
  }
  // Nothing of the day is lost, and there is a time line to look at.
  std::uint64_t completed = 0;
  for (const SeriesInterval& interval : group.series.intervals()) completed += interval.operations[1].completed;
  EXPECT_EQ(completed, 200u * kSeconds);
  EXPECT_GT(group.series.intervals().size(), 300u);
  EXPECT_LT(in_use() - before, kMost);

  const auto path = std::filesystem::temp_directory_path() / ("assay-long-run-" + std::to_string(::getpid()) + ".json");
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  const std::size_t resident = status("VmRSS");
  write_document(path, document);
  EXPECT_LT(status("VmHWM") - resident, 2'000'000u) << "writing takes a copy of the document";
  EXPECT_LT(std::filesystem::file_size(path), kMost);
  EXPECT_GT(std::filesystem::file_size(path), 1'000'000u);
  EXPECT_EQ(read_document(path).groups[0].series.intervals().size(), group.series.intervals().size());
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace assay
