// A histogram of a result, read as docs/result.md describes it and by nothing of assay's.

import assert from "node:assert/strict";

/** [lowest value, highest value, count] of each bucket that is not empty, in ns. */
export function bucketsOf(text) {
  if (!text) return [];
  const bytes = Buffer.from(text, "base64");
  assert.equal(bytes[0], 1);
  const numbers = [];
  for (let i = 1, value = 0, scale = 1; i < bytes.length; i++) {
    value += (bytes[i] & 127) * scale;
    scale *= 128;
    if (bytes[i] < 128) {
      numbers.push(value);
      [value, scale] = [0, 1];
    }
  }
  const buckets = [];
  for (let i = 3, next = 0; i < numbers.length; i += 2) {
    const at = next + numbers[i];
    const [octave, sub] = [Math.floor(at / 128), at % 128];
    const width = octave === 0 ? 1 : 2 ** (octave - 1);
    const low = octave === 0 ? sub : (128 + sub) * width;
    buckets.push([low, low + width - 1, numbers[i + 1]]);
    next = at + 1;
  }
  return buckets;
}
