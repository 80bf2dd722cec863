/** All benchmarks, one after the other. `node bench/<name>.ts` runs one. */
import { goodput } from "./goodput.ts"
import { kill } from "./kill.ts"
import { overhead } from "./overhead.ts"
import { streams } from "./streams.ts"

await goodput()
await overhead()
await streams()
await kill()
