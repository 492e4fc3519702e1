// Steps of a wave that are under way at once: what overlaps, what does not begin any more, and what a crash leaves of several.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { onBothDatabases } from "../../test/testing/both-databases.js";
import { estateKind, type EstateOptions } from "../../test/testing/estate-kind.mjs";
import { systemClock } from "../clock.js";
import type { Database } from "../store/database.js";
import { createStore, type Store } from "../store/store.js";
import type { StoredAction } from "./actions.js";
import { createActions, type OpenedActions } from "./create-actions.js";
import type { Journal } from "./journal.js";
import { by, testGate, token } from "./testing/test-gate.js";

const alice = token("alice0000000");
/** The canary; three that run two at a time; one that needs them. */
const waves: { readonly [name: string]: number } = { a: 0, b: 1, c: 1, d: 1, e: 2 };

interface Entry {
  readonly kind: string;
  readonly step: string;
}

class Latch {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => (this.open = resolve));
}

onBothDatabases((name, open) => {
  describe(`waves on ${name}`, () => {
    let database: Database;
    let store: Store;
    let folder: string;
    const root = mkdtempSync(join(tmpdir(), "portcullis-waves-"));
    let number = 0;
    const opened: OpenedActions[] = [];

    beforeAll(async () => {
      database = await open();
      store = await createStore(database, systemClock);
      if (!database.exclusive) await database.query("insert into waiver_delegates values (session_user)");
    });
    afterAll(async () => {
      for (const one of opened) await one.close();
      await store.close();
      rmSync(root, { recursive: true });
    });
    const fresh = (names: readonly string[]): void => {
      folder = join(root, String(number++));
      mkdirSync(folder);
      for (const one of names) write(one, "old");
    };
    beforeEach(() => {
      fresh(Object.keys(waves));
    });

    const make = (options: EstateOptions = {}, canary = 1, journal: Journal = store.actions): OpenedActions => {
      const waveOf = (one: string): number => waves[one] ?? 0;
      const kind = estateKind(folder, { kind: `remediation.wave-${number}`, atOnce: 2, waveOf, ...options });
      const actions = createActions({
        ...{ journal, gate: testGate(), kinds: new Map([[kind.kind, kind]]), clock: systemClock },
        ...{ settings: { limits: { breaker: 1_000, canary } }, eventsOf: () => [] },
      });
      opened.push(actions);
      return actions;
    };
    const ask = (actions: OpenedActions, names = Object.keys(waves)): Promise<StoredAction> => {
      const [kind = ""] = actions.kinds.keys();
      return actions.request({ kind, parameters: { names: [...names], value: "new" }, reason: null }, alice, by(alice));
    };
    const run = async (actions: OpenedActions): Promise<StoredAction> =>
      actions.run((await ask(actions)).id, by(alice));
    const write = (one: string, value: string): void => {
      writeFileSync(join(folder, `${one}.json`), JSON.stringify({ value }));
    };
    const valueOf = (one: string): string =>
      (JSON.parse(readFileSync(join(folder, `${one}.json`), "utf8")) as { value: string }).value;
    const values = (): string => Object.keys(waves).map(valueOf).join(" ");
    const states = ({ steps }: StoredAction): string => steps.map(({ state }) => state).join(" ");
    /** Of the steps of an action, and of the stop button. */
    const trail = async (id: string): Promise<Entry[]> => {
      const entries: Entry[] = [];
      for await (const { event } of store.audit.entries({ from: null, to: null, kinds: ["action.", "actions."] }))
        if (event.subject === id ? event.kind.includes(".step-") : event.subject === null)
          entries.push({ kind: event.kind.replace(/^actions?\.(step-)?/, ""), step: event.details["step"] as string });
      return entries;
    };
    const lapse = (id: string) =>
      database.query("update actions set lease = clock_timestamp() - interval '1 second' where id = $1", [id]);

    test("as many as the kind says overlap, the canary alone, and a wave begins when all of the one before it is verified", async () => {
      const met = new Latch();
      let [underWay, most] = [0, 0];
      const at = async (point: string, id: string): Promise<void> => {
        if (point === "after-apply") underWay--;
        if (point !== "before-apply") return;
        most = Math.max(most, ++underWay);
        if (underWay === 2) met.open();
        // Neither of the first two goes on alone.
        if (["write-b", "write-c"].includes(id)) await met.opened;
      };
      const done = await run(make({ at }));
      expect([done.state, values(), most]).toEqual(["succeeded", "new new new new new", 2]);
      const entries = await trail(done.id);
      expect(orderFaults(entries, done, 2)).toEqual([]);
      expect(entries.slice(0, 5).map(({ kind, step }) => `${kind} ${step}`)).toEqual(
        ["applying write-a", "applied write-a", "verified write-a", "applying write-b", "applying write-c"].map(
          (text) => expect.stringMatching(text.replace(/[bc]$/, "[bc]")) as string,
        ),
      );
    });

    /** `c` fails, while `b` is under way and ends when that is known. */
    const failing = (point: string, ended: Latch) => async (where: string, id: string) => {
      if (where === "before-apply" && id === "write-b") await ended.opened;
      if (where !== point || id !== "write-c") return;
      setTimeout(ended.open, 50);
      throw new Error("no power");
    };

    test.each([
      ["rollback", "before-apply", "rolled-back", "old old old old old"],
      ["rollback", "after-apply", "rolled-back", "old old old old old"],
      ["pause", "before-apply", "paused", "new new old old old"],
      ["pause", "after-apply", "paused", "new new old old old"],
    ] as const)("%s on a failure %s: none begins after it, and what was under way ends first", async (...given) => {
      const [onFailure, point, state, world] = given;
      const done = await run(make({ onFailure, at: failing(point, new Latch()) }));
      expect([done.state, values()]).toEqual([state, world]);
      expect(done.message).toContain("write c: no power");
      const entries = await trail(done.id);
      expect(orderFaults(entries, done, 2)).toEqual([]);
      expect(entries.filter(({ step }) => step === "write-b").map(({ kind }) => kind)).toEqual(
        onFailure === "pause" ? ["applying", "applied"] : ["applying", "applied", "rolling-back", "rolled-back"],
      );
      expect(done.steps.slice(3).map(({ state }) => state)).toEqual(["waiting", "waiting"]);
      if (onFailure === "rollback") return;
      const resumed = await make({ kind: done.kind }).run(done.id, by(alice));
      expect([resumed.state, values()]).toEqual(["succeeded", "new new new new new"]);
    });

    test("a failure while another step is just beginning is in the journal after it", async () => {
      const begins = new Latch();
      const stepBegins: Journal["stepBegins"] = async (...given) => {
        if (given[1] === "write-c") {
          begins.open();
          await sleep(50);
        }
        return store.actions.stepBegins(...given);
      };
      const journal = new Proxy(store.actions, {
        get(target, key) {
          const value: unknown = key === "stepBegins" ? stepBegins : Reflect.get(target, key);
          return typeof value === "function" ? (value.bind(target) as unknown) : value;
        },
      });
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "before-apply" || id !== "write-b") return;
        await begins.opened;
        throw new Error("no power");
      };
      const done = await run(make({ at }, 1, journal));
      expect([done.state, values(), orderFaults(await trail(done.id), done, 2)]).toEqual([
        "rolled-back",
        "old old old old old",
        [],
      ]);
      expect(states(done)).toBe("rolled-back rolled-back rolled-back waiting waiting");
    });

    test("what is still being looked at when another fails is not begun", async () => {
      const failed = new Latch();
      const at = async (point: string, id: string): Promise<void> => {
        if (point === "inspect" && id === "write-c") await failed.opened;
        if (point !== "before-apply" || id !== "write-b") return;
        setTimeout(failed.open, 50);
        throw new Error("no power");
      };
      const done = await run(make({ at }));
      expect(states(done)).toBe("rolled-back rolled-back waiting waiting waiting");
    });

    test("two that fail at once are both told, and both undone", async () => {
      const met = new Latch();
      let count = 0;
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "after-apply" || !["write-b", "write-c"].includes(id)) return;
        if (++count === 2) met.open();
        await met.opened;
        throw new Error("no power");
      };
      const done = await run(make({ at }));
      expect([done.state, values(), states(done)]).toEqual([
        "rolled-back",
        "old old old old old",
        "rolled-back rolled-back rolled-back waiting waiting",
      ]);
      expect(done.message).toMatch(/write b: no power; write c: no power|write c: no power; write b: no power/);
      expect((await trail(done.id)).filter(({ kind }) => kind === "failed")).toHaveLength(2);
    });

    test("the stop button: those under way end, none begins, and it is resumed", async () => {
      const met = new Latch();
      let count = 0;
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "before-apply" || !["write-b", "write-c"].includes(id)) return;
        if (++count === 2) await store.actions.stop("look first", by(alice)).then(met.open);
        await met.opened;
      };
      const actions = make({ at });
      const paused = await run(actions);
      await store.actions.release(by(alice));
      expect([paused.state, paused.message, states(paused)]).toEqual([
        "paused",
        "all actions were stopped",
        "verified applied applied waiting waiting",
      ]);
      expect(values()).toBe("new new new old old");
      expect((await actions.run(paused.id, by(alice))).state).toBe("succeeded");
    });

    test("what somebody else changed pauses, and what is under way beside it ends", async () => {
      const at = async (point: string, id: string): Promise<void> => {
        if (point === "after-apply" && id === "write-a") write("c", "by another");
        if (point === "before-apply" && id === "write-b") await sleep(50);
      };
      const paused = await run(make({ at }));
      expect([paused.state, values(), states(paused)]).toEqual([
        "paused",
        "new new by another old old",
        "verified applied waiting waiting waiting",
      ]);
      expect(paused.message).toBe("write c: somebody else changed it since it was planned; it is left as it is");
    });

    test("a runner that lost its lease with two under way writes nothing more; another looks at both, and ends once", async () => {
      const [there, goOn] = [new Latch(), new Latch()];
      let count = 0;
      const at = async (point: string, id: string): Promise<void> => {
        if (!["after-apply write-b", "before-apply write-c"].includes(`${point} ${id}`)) return;
        if (++count === 2) there.open();
        await goOn.opened;
      };
      const slow = make({ at });
      const asked = await ask(slow);
      const running = slow.run(asked.id, by(alice));
      await there.opened;
      expect(states((await slow.get(asked.id)) ?? asked)).toBe("verified applying applying waiting waiting");
      await lapse(asked.id);
      const next = make();
      expect(await next.recover()).toBe(1);
      const done = (await next.get(asked.id)) ?? asked;
      goOn.open();
      await expect(running).rejects.toMatchObject({ name: "LostAction" });
      expect([done.state, values()]).toEqual(["succeeded", "new new new new new"]);
      expect(readFileSync(join(folder, "effects.log"), "utf8").trim().split("\n").toSorted()).toEqual(
        ["a", "b", "c", "d", "e"].map((one) => `${one} new`),
      );
    });

    test("a process that stops ends what is under way, and leaves it to the next", async () => {
      const [there, goOn] = [new Latch(), new Latch()];
      let count = 0;
      const at = async (point: string, id: string): Promise<void> => {
        if (point !== "before-apply" || waves[id.replace("write-", "")] !== 1) return;
        if (++count === 2) there.open();
        await goOn.opened;
      };
      const actions = make({ at });
      const asked = await ask(actions);
      const running = actions.run(asked.id, by(alice)).catch((error: unknown) => error);
      await there.opened;
      const closing = actions.close();
      goOn.open();
      await closing;
      expect(await running).toMatchObject({ code: "store-unavailable" });
      expect([count, states((await actions.get(asked.id)) ?? asked)]).toEqual([
        2,
        "verified applying applying waiting waiting",
      ]);
      const next = make();
      await vi.waitFor(async () => {
        expect(await next.recover()).toBe(1);
      }, 60_000);
      expect([(await next.get(asked.id))?.state, values()]).toEqual(["succeeded", "new new new new new"]);
    });

    test.each([
      ["before-apply", "verified rolled-back rolled-back waiting waiting", "new old old old old"],
      ["after-apply", "verified applied rolled-back waiting waiting", "new new old old old"],
    ])("after a failure, a crash %s of the one beside it: that is looked at, undone or kept", async (...given) => {
      const [point, ends, world] = given;
      const [failed, goOn] = [new Latch(), new Latch()];
      const at = async (where: string, id: string): Promise<void> => {
        if (where === point && id === "write-b") {
          failed.open();
          await goOn.opened;
        }
        if (where !== "after-apply" || id !== "write-c") return;
        await failed.opened;
        throw new Error("no power");
      };
      const slow = make({ onFailure: "pause", at });
      const asked = await ask(slow);
      const running = slow.run(asked.id, by(alice)).catch((error: unknown) => error);
      await vi.waitFor(async () => {
        expect(states((await slow.get(asked.id)) ?? asked)).toBe("verified applying failed waiting waiting");
      }, 60_000);
      await lapse(asked.id);
      const next = make({ onFailure: "pause" });
      expect(await next.recover()).toBe(1);
      const paused = (await next.get(asked.id)) ?? asked;
      expect([paused.state, states(paused), values()]).toEqual(["paused", ends, world]);
      goOn.open();
      await running;
    });

    const event = fc.constantFrom("none", "none", "none", "none", "none", "before", "after", "stop", "other");
    const step = fc.record({ event, delay: fc.nat({ max: 10 }), looks: fc.constantFrom(0, 0, 5, 80) });
    const estates = fc.record({
      waves: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      atOnce: fc.integer({ min: 1, max: 4 }),
      onFailure: fc.constantFrom("rollback" as const, "pause" as const),
    });

    test("any waves, any failures and pauses: nothing begins after one, all that began ends, and a rollback undoes all of it", async () => {
      const property = fc.asyncProperty(estates, async ({ waves: planned, atOnce, onFailure }) => {
        const all = planned.flatMap((wave, at) =>
          wave.map((one, place) => ({ ...one, wave: at, name: `s${at}-${place}` })),
        );
        const names = all.map((one) => one.name);
        fresh(names);
        const byId = new Map(all.map((one) => [`write-${one.name}`, one]));
        const others = all.filter((one) => one.event === "other" && one.wave > 0).map((one) => one.name);
        const at = async (point: string, id: string): Promise<void> => {
          const one = byId.get(id);
          if (one === undefined) return;
          if (point === "before-apply" && id === "write-s0-0") for (const other of others) write(other, "by another");
          await sleep(point === "inspect" ? one.looks : one.delay);
          if (point === "before-apply" && one.event === "stop") await store.actions.stop("a test", by(alice));
          if (point === `${one.event}-apply`) throw new Error("no power");
        };
        const waveOf = (one: string): number => byId.get(`write-${one}`)?.wave ?? 0;
        const actions = make({ at, atOnce, onFailure, waveOf }, 100);
        const from = (await trail("")).length;
        const asked = await ask(actions, names);
        const done = await actions.run(asked.id, by(alice));
        await store.actions.release(by(alice));
        const entries = (await trail(done.id)).slice(from);
        expect(entries.some(({ kind }) => kind === "applying")).toBe(true);
        expect(orderFaults(entries, done, atOnce)).toEqual([]);
        expect(worldFaults(done)).toEqual([]);
        if (done.state !== "paused") return;
        const back = await actions.rollback(done.id, "a test", by(alice));
        expect([back.state, worldFaults(back)]).toEqual(["rolled-back", []]);
      });
      await fc.assert(property, { numRuns: database.exclusive ? 5 : 20 });
    });

    const wanted: { readonly [state: string]: readonly string[] } = {
      ...{ verified: ["new"], applied: ["new"], "rolled-back": ["old"], waiting: ["old", "by another"] },
      // Only where the stop button came before it was undone.
      failed: ["old", "new"],
    };
    const worldFaults = ({ state, steps }: StoredAction): string[] => [
      ...(["succeeded", "paused", "rolled-back"].includes(state) ? [] : [`it ended as ${state}`]),
      ...steps.flatMap(({ step, state: is }) => {
        const value = valueOf(step.apply["name"] as string);
        return wanted[is]?.includes(value) === true ? [] : [`${step.id} is ${is}, and its file ${value}`];
      }),
    ];
  });
});

/** What the trail has in another order than it must. */
function orderFaults(entries: readonly Entry[], { steps }: StoredAction, atOnce: number): string[] {
  const waveOf = new Map(steps.map(({ step }) => [step.id, step.wave]));
  const underWay = new Set<string>();
  const verified = new Set<string>();
  const faults: string[] = [];
  let halt: string | null = null;
  for (const { kind, step } of entries) {
    const wave = waveOf.get(step) ?? 0;
    if (kind === "stopped" || kind === "failed") halt ??= kind;
    if (kind === "verified") verified.add(step);
    if (kind === "applied" || kind === "failed") underWay.delete(step);
    if (kind !== "applying") continue;
    underWay.add(step);
    if (halt !== null) faults.push(`${step} began after it was ${halt}`);
    if (underWay.size > (wave === 0 ? 1 : atOnce)) faults.push(`${[...underWay].join(", ")} at once`);
    const early = steps.filter(({ step: one }) => one.wave < wave && !verified.has(one.id));
    if (early.length > 0) faults.push(`${step} began before ${early.map((one) => one.step.id).join(", ")}`);
  }
  return [...faults, ...[...underWay].map((step) => `${step} never ended`)];
}
