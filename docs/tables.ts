/** The generated tables of the documentation: `node docs/tables.ts` writes them, a test holds the pages to them. */
import { Explain } from "@effect-claude/cli"
import { ClaudeError, ClaudeTelemetry, Diagnosis, Preflight } from "effect-claude"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ")
const retry = ({ helps, when }: Diagnosis.Diagnosis["retry"]): string => `${helps}: ${when}`

const row = (name: string, reason: string, one: Diagnosis.Diagnosis, test: string): string =>
  `| \`${name}\` | ${reason} | ${cell(one.cause)} | ${one.who} | ${cell(one.steps.join(" "))} | ${
    cell(retry(one.retry))
  } | ${test} |`

const head = (first: string): ReadonlyArray<string> => [
  `| ${first} | reason | cause | who | fix | retry | test |`,
  "| --- | --- | --- | --- | --- | --- | --- |"
]

const tags = (): ReadonlyArray<string> => ClaudeError.Reason.members.map((member) => member.identifier)

const reasons = (): string =>
  [
    ...head("reason"),
    ...tags().map((tag) => {
      const example = Explain.wordOf(tag, 0)
      if (example === undefined) throw new Error(`There is no example of ${tag}.`)
      return row(tag, example.outcome, Diagnosis.of(example), `\`reason ${tag}\``)
    })
  ].join("\n").replace("| reason | reason |", "| reason | outcome |")

const codes = (): string =>
  [
    ...head("code"),
    ...Array.from(Diagnosis.all, ([code, one]) =>
      row(code, `${Explain.wordOf(code, 0)?._tag} ${Diagnosis.statusOf(code)}`, one, `\`code ${code}\``))
  ].join("\n")

const rules = (): string =>
  [
    "| rule | says | source |",
    "| --- | --- | --- |",
    ...Preflight.rules.map(({ name, says, source }) => `| \`${name}\` | ${cell(says)} | ${source} |`)
  ].join("\n")

const checklist = (): string =>
  Diagnosis.checklist.map(({ how, question }, index) => `${index + 1}. **${question}** ${how}`).join("\n")

const metrics = (): string =>
  [
    "| metric | type | unit | labels | says |",
    "| --- | --- | --- | --- | --- |",
    ...ClaudeTelemetry.metrics.map(({ labels, name, says, type, unit }) =>
      `| \`${name}\` | ${type} | ${unit} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${cell(says)} |`
    )
  ].join("\n")

const tables: Readonly<Record<string, () => string>> = { reasons, codes, checklist, rules, metrics }

const marked = /<!-- table (\w+) -->\n[\s\S]*?<!-- end -->/g

/** A page with its tables made anew. */
export const render = (page: string): string =>
  page.replace(marked, (_, name: string) => {
    const table = tables[name]
    if (table === undefined) throw new Error(`There is no table ${name}.`)
    return `<!-- table ${name} -->\n\n<!-- dprint-ignore-start -->\n${table()}\n<!-- dprint-ignore-end -->\n<!-- end -->`
  })

export const pages = (): ReadonlyArray<string> => globSync("docs/*.md", { cwd: root }).map((page) => join(root, page))

if (import.meta.main) {
  for (const page of pages()) {
    const text = readFileSync(page, "utf8")
    const next = render(text)
    if (next !== text) writeFileSync(page, next)
  }
}
