/** The jobs of `redis.ts`, the same in every process that makes them. */
export interface Job {
  readonly input: number
  readonly output: number
  readonly text: string
}

export const model = "claude-haiku-5-5"
export const jobs = Number(process.env["JOBS"] ?? 1000)
/** A minute of the account lasts six seconds: what takes minutes at an account of the first tier is measured in one. */
export const speed = Number(process.env["SPEED"] ?? 10)
/** Of the account's own minute. */
export const limits = { requestsPerMinute: 1000, inputTokensPerMinute: 500_000, outputTokensPerMinute: 100_000 }
/** How many of the jobs each process has. */
export const shares = [0.7, 0.2, 0.07, 0.03]

/** Mulberry32. */
const random = (state: number) => (): number => {
  state = state + 0x6d2b79f5 | 0
  let mixed = Math.imul(state ^ state >>> 15, 1 | state)
  mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
  return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
}

/** Lognormal sizes; a text's length tells its tokens but for an error of 8 %. */
export const all: ReadonlyArray<Job> = (() => {
  const next = random(Number(process.env["SEED"] ?? 1))
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return Array.from({ length: jobs }, (_, index) => {
    const input = Math.max(20, Math.round(3000 * Math.exp(0.8 * normal())))
    const output = Math.max(5, Math.round(60 * Math.exp(0.5 * normal())))
    return { input, output, text: `${index} `.padEnd(Math.round(input * 3.5 * (1 + 0.08 * normal())), "x") }
  })
})()

/** Those of one process. */
export const of = (worker: number): ReadonlyArray<Job> => {
  const before = shares.slice(0, worker).reduce((sum, share) => sum + share, 0)
  return all.slice(Math.round(before * jobs), Math.round((before + shares[worker]!) * jobs))
}
