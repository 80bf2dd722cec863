import { ResilientFetch } from "effect-claude"
import { tell } from "./main.ts"

await using fetch = ResilientFetch.make({ deadline: "5 minutes" })
console.log(await tell(fetch, (text) => process.stdout.write(text)))
