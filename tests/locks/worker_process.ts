/**
 * The process of a worker, and what it has told.
 *
 * @module
 */

import { eachLine } from "../../tools/lines.ts";
import { guard, pause, signalIfRunning, unguard } from "../../tools/nats/process.ts";
import type { News, Order, WorkerSettings } from "./worker.ts";

const WORKER = new URL("./worker.ts", import.meta.url).href;

type Of<On extends News["on"]> = Extract<News, { on: On }>;

/** How a worker acquires a lock. */
export type AcquireOrder = Omit<Extract<Order, { act: "acquire" }>, "act" | "id">;

/** A worker in a process of its own. */
export class WorkerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #news: News[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #ended: Promise<unknown>;
  #requests = 0;
  #isOver = false;

  private constructor(settings: WorkerSettings) {
    const args = ["run", "-A", "--no-check", WORKER, JSON.stringify(settings)];
    const command = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" });
    this.#process = command.spawn();
    guard(this);
    this.#stdin = this.#process.stdin.getWriter();
    const reading = eachLine(this.#process.stdout, (line) => this.#heard(JSON.parse(line) as News));
    this.#ended = Promise.all([reading, this.#process.status]).then(() => {
      this.#isOver = true;
      this.#wake();
    });
  }

  /** Starts a worker. Resolves when its managers are open. */
  static async start(settings: WorkerSettings): Promise<WorkerProcess> {
    const worker = new WorkerProcess(settings);
    await worker.#next((news) => news.on === "open");
    return worker;
  }

  /** Requests a lock. Returns the number of the request at once. */
  acquire(order: AcquireOrder): number {
    const id = this.#requests++;
    this.#order({ act: "acquire", id, ...order });
    return id;
  }

  /** Resolves when a request is granted. */
  async granted(id: number): Promise<Of<"granted">> {
    const news = await this.#next((each) => (each.on === "granted" || each.on === "failed") && each.id === id);
    if (news.on !== "granted") throw new Error(`Request ${id} failed: ${JSON.stringify(news)}`);
    return news;
  }

  /** Resolves when the signal of a granted lock has aborted. */
  async ended(id: number): Promise<string> {
    return (await this.#next((each) => each.on === "ended" && each.id === id) as Of<"ended">).why;
  }

  /** Asks for the state of a granted lock. A stopped process tells it when it continues. */
  async look(id: number): Promise<Of<"state">> {
    const news = this.#next((each) => each.on === "state" && each.id === id);
    this.#order({ act: "look", id });
    return await news as Of<"state">;
  }

  /** Asks it to release a lock. */
  release(id: number): void {
    this.#order({ act: "release", id });
  }

  /** Sends SIGKILL. */
  destroy(): void {
    signalIfRunning(this.#process, "SIGKILL");
  }

  /** Sends SIGSTOP and waits until it has stopped. */
  pause(): void {
    pause(this.#process);
  }

  /** Sends SIGCONT. */
  resume(): void {
    signalIfRunning(this.#process, "SIGCONT");
  }

  /** Kills the process and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
    await this.#ended;
    unguard(this);
    await this.#stdin.close().catch(() => {});
  }

  #order(order: Order): void {
    this.#stdin.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`)).catch(() => {});
  }

  #heard(news: News): void {
    this.#news.push(news);
    this.#wake();
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  async #next(isWanted: (news: News) => boolean): Promise<News> {
    for (;;) {
      const found = this.#news.find(isWanted);
      if (found) return found;
      if (this.#isOver) throw new Error("The worker has ended");
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }
}
