/** All benchmarks, one after the other. `node bench/<name>.ts` runs one. */
import { adapters } from "./adapters.ts"
import { classify } from "./classify.ts"
import { goodput } from "./goodput.ts"
import { history } from "./history.ts"
import { journal } from "./journal.ts"
import { kill } from "./kill.ts"
import { killBatch } from "./killBatch.ts"
import { languageModel } from "./languageModel.ts"
import { loops } from "./loops.ts"
import { overhead } from "./overhead.ts"
import { policies } from "./policies.ts"
import { shared } from "./redis.ts"
import { sending } from "./sending.ts"
import { streams } from "./streams.ts"
import { telemetryCost } from "./telemetry.ts"
import { waiters } from "./waiters.ts"

await goodput()
await overhead()
await policies()
await adapters()
classify()
history()
await sending()
await streams()
await languageModel()
await loops()
await telemetryCost()
await kill()
await killBatch()
await shared()
await journal()
await waiters()
