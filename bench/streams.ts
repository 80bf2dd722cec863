/**
 * What one delta of a stream costs, whatever the length: a parser by hand, the SDK, the Vercel AI SDK and ours with every
 * policy and the watchdog on, interleaved. `SIZES=500,2000 ROUNDS=3` makes it short.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { answer, type Kind } from "./streamAnswer.ts"
import { type Client, clients, type Name } from "./streamClients.ts"
import { median, print } from "./table.ts"

const rounds = Number(process.env["ROUNDS"] ?? 7)
const sizes = process.env["SIZES"]?.split(",").map(Number)
const encoder = new TextEncoder()

type Chunking = "one event" | "64 KiB"

/** One event a chunk, as a socket brings them while they are made, or 64 KiB, as a reader finds them who was away. */
const chunked = (kind: Kind, deltas: number, chunking: Chunking): ReadonlyArray<Uint8Array> => {
  const events = Array.from(answer(kind, deltas).body, (chunk) => String(chunk.bytes))
  if (chunking === "one event") return events.map((event) => encoder.encode(event))
  const bytes = encoder.encode(events.join(""))
  return Array.from({ length: Math.ceil(bytes.length / 65536) }, (_, n) => bytes.slice(n * 65536, (n + 1) * 65536))
}

let chunks: ReadonlyArray<Uint8Array> = []

/** A source in the process: no socket, no server, only the reader costs. */
const source: typeof globalThis.fetch = () => {
  const given = chunks
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = given[at++]
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    }
  }, { highWaterMark: 0 })
  return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }))
}

type Samples = ReadonlyMap<Name, ReadonlyArray<number>>

/** Each reader once a round, the first of them another each time. */
const interleaved = async (
  all: Readonly<Partial<Record<Name, Client>>>,
  sample: (run: Client) => Promise<number>
): Promise<Samples> => {
  const entries = Object.entries(all) as ReadonlyArray<readonly [Name, Client]>
  const samples = new Map(entries.map(([name]) => [name, Array<number>()]))
  for (let round = 0; round < rounds; round++) {
    const first = round % entries.length
    for (const [name, run] of [...entries.slice(first), ...entries.slice(0, first)]) {
      samples.get(name)!.push(await sample(run))
    }
  }
  return samples
}

const of = (samples: Samples, name: Name): number => median(samples.get(name)!)

const ratio = (samples: Samples, name: Name): string => {
  const hand = samples.get("by hand")!
  const ratios = samples.get(name)!.map((one, at) => one / hand[at]!)
  return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
}

const growth = async (kind: Kind, chunking: Chunking, lengths: ReadonlyArray<number>): Promise<void> => {
  const { all, close } = await clients("http://claude.test", source)
  const { "ours, tool inputs": _, ...others } = all
  const readers: Readonly<Partial<Record<Name, Client>>> = kind === "tool" ? all : others
  chunks = chunked(kind, 2000, chunking)
  for (let n = 0; n < 10; n++) for (const run of Object.values(readers)) await run()
  const results: Array<Samples> = []
  for (const deltas of lengths) {
    chunks = chunked(kind, deltas, chunking)
    const repeats = Math.max(1, Math.ceil(2000 / deltas))
    results.push(
      await interleaved(readers, async (run) => {
        const start = performance.now()
        for (let n = 0; n < repeats; n++) await run()
        return (performance.now() - start) * 1000 / deltas / repeats
      })
    )
  }
  await close()
  const last = results.at(-1)!
  const before = results.at(-2) ?? last
  const times = lengths.at(-1)! / (lengths.at(-2) ?? 1)
  print(
    `${kind} deltas, ${chunking} a chunk: µs per delta, median of ${rounds} interleaved rounds`,
    ["", ...lengths.map(String), "× by hand", "exponent"],
    Array.from(last.keys(), (name) => [
      name,
      ...results.map((samples) => of(samples, name).toFixed(2)),
      ratio(last, name),
      (1 + Math.log(of(last, name) / of(before, name)) / Math.log(times)).toFixed(2)
    ])
  )
}

/** CPU of the reading process over a real socket: ours through its own pool, the others through the global `fetch`. */
const loopback = async (): Promise<void> => {
  const server = spawn(process.execPath, [join(import.meta.dirname, "server.ts")], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  const [first] = await once(server.stdout, "data")
  const { all, close } = await clients(String(first).trim())
  const { "ours, tool inputs": _, ...readers } = all
  for (let n = 0; n < 20; n++) for (const run of Object.values(readers)) await run()
  const samples = await interleaved(readers, async (run) => {
    const before = process.cpuUsage()
    for (let n = 0; n < 10; n++) await run()
    const { system, user } = process.cpuUsage(before)
    return (system + user) / 10 / 2000
  })
  await close()
  server.kill()
  print(
    `2,000 text deltas over a socket: µs of CPU per delta, median of ${rounds} interleaved rounds`,
    ["", "µs", "× by hand"],
    Array.from(samples.keys(), (name) => [name, of(samples, name).toFixed(2), ratio(samples, name)])
  )
}

/** Heap allocated per delta; in a process whose young generation is so large that nothing is collected meanwhile. */
const bytes = async (): Promise<void> => {
  const { all, close } = await clients("http://claude.test", source)
  const { "ours, tool inputs": _, ...readers } = all
  const found: Array<Samples> = []
  for (const chunking of ["one event", "64 KiB"] as const) {
    chunks = chunked("text", 2000, chunking)
    for (let n = 0; n < 50; n++) for (const run of Object.values(readers)) await run()
    found.push(
      await interleaved(readers, async (run) => {
        ;(globalThis as { readonly gc?: () => void }).gc?.()
        const before = process.memoryUsage().heapUsed
        await run()
        return (process.memoryUsage().heapUsed - before) / 2000
      })
    )
  }
  await close()
  print(
    `bytes allocated per text delta of 2,000, median of ${rounds} rounds`,
    ["", "one event a chunk", "64 KiB a chunk"],
    Array.from(found[0]!.keys(), (name) => [name, ...found.map((samples) => Math.round(of(samples, name)))])
  )
}

export const streams = async (): Promise<void> => {
  for (const chunking of ["one event", "64 KiB"] as const) {
    await growth("text", chunking, sizes ?? [500, 2000, 8000, 32_000])
    await growth("tool", chunking, sizes ?? [1000, 4000, 16_000])
  }
  await loopback()
  const flags = ["--expose-gc", "--min-semi-space-size=256", "--max-semi-space-size=256"]
  spawnSync(process.execPath, [...flags, import.meta.filename, "--bytes"], { stdio: "inherit" })
}

if (import.meta.main) await (process.argv.includes("--bytes") ? bytes() : streams())
