// The events of a task, by server-sent events. The browser itself connects anew after a loss and says which event was the last. Where it
// gives up (the server refused), the page asks for the task, waits longer each time, and begins again from the task's begin.

import { Refusal, Task, get, path, says } from "./api";

export type EventKind = "state" | "live" | "interval" | "log" | "progress" | "end";
const kKinds: EventKind[] = ["state", "live", "interval", "log", "progress", "end"];
const kLongestWait_ms = 15_000;

export interface Listener {
  /** A connection that tells everything from the begin of the task. */
  begins(): void;
  event(kind: EventKind, data: unknown): void;
  /** "": connected; else what is wrong. */
  connection(trouble: string): void;
  /** The server does not know the task: nothing more will come. */
  unknown(why: string): void;
}

export class Stream {
  private source: EventSource | null = null;
  private timer = 0;
  private wait_ms = 1000;
  private closed = false;

  constructor(
    private readonly id: string,
    private readonly listener: Listener,
  ) {
    this.connect();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
  }

  private connect(): void {
    this.listener.begins();
    const source = new EventSource(path("tasks", this.id, "events"));
    this.source = source;
    source.onopen = () => {
      this.wait_ms = 1000;
      this.listener.connection("");
    };
    source.onerror = () => {
      if (this.closed) return;
      this.listener.connection("The connection to assay is lost; trying again.");
      if (source.readyState === EventSource.CLOSED) void this.again();
    };
    for (const kind of kKinds) {
      source.addEventListener(kind, (event) => {
        if (this.closed) return;
        if (kind === "end") this.close();
        this.listener.event(kind, JSON.parse((event as MessageEvent<string>).data));
      });
    }
  }

  private async again(): Promise<void> {
    try {
      await get<Task>("tasks", this.id);
    } catch (error) {
      if (error instanceof Refusal && error.status >= 400 && error.status < 500) {
        this.close();
        this.listener.connection("");
        return this.listener.unknown(says(error));
      }
    }
    if (this.closed) return;
    this.timer = window.setTimeout(() => this.connect(), this.wait_ms);
    this.wait_ms = Math.min(this.wait_ms * 2, kLongestWait_ms);
  }
}
