/** The report as one page that needs nothing else: no network, no script. */
import { batches } from "./batches.ts"
import type { Data } from "./data.ts"
import { distributions } from "./distribution.ts"
import { failures } from "./failures.ts"
import { tag, text } from "./html.ts"
import { levels } from "./levels.ts"
import { outcomes } from "./outcomes.ts"
import { settings } from "./settings.ts"
import { style } from "./style.ts"
import { totals } from "./totals.ts"
import { waits } from "./waits.ts"

/** What changes while a run goes on. */
export const main = (data: Data): string =>
  [
    totals(data),
    outcomes(data),
    batches(data),
    levels(data),
    waits(data),
    distributions(data),
    failures(data),
    settings(data),
    tag("footer", {}, "Drawn by effect-claude. Point at a bar to read it.")
  ].join("\n")

/** What a page may load: nothing, but a live one its script and what that listens to. */
const policy = (isLive: boolean): string =>
  `default-src 'none'; style-src 'unsafe-inline'${isLive ? "; script-src 'self'; connect-src 'self'" : ""}`

/** A live page keeps itself up to date by `live.js`; where scripts are off it is loaded again every two seconds. */
export const page = (data: Data, isLive = false): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(isLive)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${text(`${data.title}: ${data.totals.succeeded} of ${data.totals.lines.total}`)}</title>
${isLive ? `<noscript><meta http-equiv="refresh" content="2"></noscript>\n<script src="live.js" defer></script>` : ""}
<style>${style}</style>
</head>
<body>
<main>
${main(data)}
</main>
</body>
</html>
`
