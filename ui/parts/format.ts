// Numbers as people read them. The same digits as the terminal's table: three significant ones where there is a fraction, and
// no fraction where there is none.

export function digits(v: number | null | undefined): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return "n/a";
  const size = Math.abs(v);
  if (size >= 100 || Number.isInteger(v)) return grouped(Math.round(v));
  return v.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4);
}

/** A whole number with thin spaces between thousands. */
export function grouped(v: number): string {
  return String(Math.round(v)).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

export function seconds(s: number): string {
  if (s === 0) return "0 s";
  if (Math.abs(s) < 1) return `${digits(s * 1000)} ms`;
  if (s < 120) return `${Number(s.toFixed(s < 10 ? 2 : 1))} s`;
  const whole = Math.round(s);
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  return [h ? `${h} h` : "", m ? `${m} min` : "", rest ? `${rest} s` : ""].filter(Boolean).join(" ");
}

/** A duration given in milliseconds, with the unit that suits it. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return "n/a";
  if (ms !== 0 && Math.abs(ms) < 0.001) return `${digits(ms * 1e6)} ns`;
  if (ms !== 0 && Math.abs(ms) < 1) return `${digits(ms * 1e3)} µs`;
  if (ms < 1000) return `${digits(ms)} ms`;
  return seconds(ms / 1000);
}

export function bytes(v: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (v >= 1024 && at < units.length - 1) {
    v /= 1024;
    at++;
  }
  return `${digits(v)} ${units[at]}`;
}

/** "12k", "1.5M" for the ticks of an axis. */
export function tick(v: number): string {
  const size = Math.abs(v);
  const short = (x: number) => String(Number(x.toPrecision(6)));
  if (size >= 1e9) return `${short(v / 1e9)}G`;
  if (size >= 1e6) return `${short(v / 1e6)}M`;
  if (size >= 1e4) return `${short(v / 1e3)}k`;
  return short(v);
}

/** "1 client", "4 clients". */
export function counted(n: number, one: string): string {
  return `${grouped(n)} ${one}${n === 1 ? "" : "s"}`;
}

export function words(name: string): string {
  return name.replace(/_/g, " ");
}

/** The name of a figure as a title: "transactions per minute", "NOPM". */
export function figureTitle(name: string): string {
  return words(name).replace(/\b(nopm|cpu|sql)\b/g, (word) => word.toUpperCase());
}
