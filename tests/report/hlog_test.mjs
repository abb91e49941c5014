// `assay report --format hlog`, read by a public reader of HdrHistogram logs: nothing is lost, and its percentiles are those of
// the result.
//
// Usage: node hlog_test.mjs RESULTS_SAMPLE

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import hdr from "hdr-histogram-js";
import { bucketsOf } from "./histograms.mjs";

const sample = process.argv[2];
const run = (...args) => execFileSync(sample, args, { encoding: "utf8", maxBuffer: 1 << 30 });
const log = run("hlog", "60", "5");
const result = JSON.parse(run("result", "60", "5"));

function read(content) {
  const reader = new hdr.HistogramLogReader(content, 64);
  const intervals = [];
  for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) intervals.push(next);
  return intervals;
}

const intervals = read(log);

/** The cells of an operation that the log has: those of the measured time and of the drain. */
function cellsOf(tag) {
  const [groupName, operation] = tag.split("/");
  const group = result.groups.find((g) => g.name === groupName);
  const at = group.operations.findIndex((o) => o.name === operation);
  return group.series.intervals
    .filter((i) => i.phase === "measure" || i.phase === "drain")
    .map((i) => ({ start: (i.index * group.series.interval_ns) / 1e9, length: group.series.interval_ns / 1e9, cell: i.operations[at] }))
    .filter(({ cell }) => cell.response);
}

test("each operation is a tag with a line for each interval, in the order of time", () => {
  const tags = result.groups.flatMap((g) => g.operations.map((o) => `${g.name}/${o.name}`));
  assert.deepEqual(hdr.listTags(log).sort(), [...tags].sort());
  for (const tag of tags) {
    const cells = cellsOf(tag);
    const lines = intervals.filter((i) => i.tag === tag);
    assert.equal(lines.length, cells.length);
    assert.ok(lines.length > 20);
    lines.forEach((line, i) => {
      assert.ok(Math.abs(line.startTimeStampMsec - (Date.parse(result.started) + cells[i].start * 1000)) <= 1000);
      assert.ok(Math.abs(line.endTimeStampMsec - line.startTimeStampMsec - 1000 * cells[i].length) < 1);
    });
  }
  const starts = intervals.map((i) => i.startTimeStampMsec);
  assert.deepEqual(starts, [...starts].sort((a, b) => a - b));
});

test("every value is counted in the bucket in which the result has it", () => {
  let values = 0;
  for (const tag of hdr.listTags(log)) {
    const lines = intervals.filter((i) => i.tag === tag);
    cellsOf(tag).forEach(({ cell }, i) => {
      const buckets = bucketsOf(cell.response);
      assert.equal(lines[i].totalCount, cell.count);
      for (const [low, high, count] of buckets) {
        assert.equal(lines[i].getCountAtIndex(lines[i].countsArrayIndex(low)), count, `${tag} ${low} ns`);
        assert.equal(lines[i].lowestEquivalentValue(high), low);
      }
      values += cell.count;
    });
  }
  assert.ok(values > 10000);
});

test("percentiles of the whole time are those of the ordered values, to the width of a bucket", () => {
  for (const tag of hdr.listTags(log)) {
    const whole = hdr.build({ bitBucketSize: 64, numberOfSignificantValueDigits: 2, highestTrackableValue: 2 ** 45 });
    for (const line of intervals.filter((i) => i.tag === tag)) whole.add(line);
    const counts = new Map();
    for (const { cell } of cellsOf(tag)) {
      for (const [low, high, count] of bucketsOf(cell.response)) counts.set(low, [high, (counts.get(low)?.[1] ?? 0) + count]);
    }
    const ordered = [...counts].sort((a, b) => a[0] - b[0]);
    const total = ordered.reduce((sum, [, [, n]]) => sum + n, 0);
    assert.equal(whole.totalCount, total);
    for (const percent of [0, 50, 90, 99, 99.9, 100]) {
      let left = Math.max(1, Math.ceil((percent / 100) * total - 1e-9));
      const [low, [high]] = ordered.find(([, [, n]]) => (left -= n) <= 0);
      const read = whole.getValueAtPercentile(percent);
      assert.ok(read >= low && read <= high, `${tag} p${percent}: ${read} is not in ${low} to ${high}`);
    }
  }
});

test("the third column is the longest of the interval in milliseconds", () => {
  const lines = log.split("\n").filter((line) => line.startsWith("Tag="));
  assert.equal(lines.length, intervals.length);
  lines.forEach((line, i) => {
    const shown = Number(line.split(",")[3]);
    assert.ok(Math.abs(shown * 1e6 - intervals[i].maxValue) <= intervals[i].maxValue / 100 + 1000);
  });
});

test("the log says what it is of", () => {
  assert.match(log, /^#\[assay .*tpcc/);
  assert.match(log, /\n#\[Histogram log format version 1\.3\]\n/);
  assert.match(log, /\n"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"\n/);
});
