/** All benchmarks, one after the other. `node bench/<name>.ts` runs one. */
import { classify } from "./classify.ts"
import { goodput } from "./goodput.ts"
import { history } from "./history.ts"
import { kill } from "./kill.ts"
import { overhead } from "./overhead.ts"
import { shared } from "./redis.ts"
import { streams } from "./streams.ts"
import { waiters } from "./waiters.ts"

await goodput()
await overhead()
classify()
history()
await streams()
await kill()
await shared()
await waiters()
