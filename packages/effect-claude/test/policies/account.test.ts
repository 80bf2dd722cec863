import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { Account } from "../../src/policies/internal/account.ts"

interface Plain {
  readonly requests: number
  readonly inputTokens: number
  readonly doubt: number
}

const sum = (all: ReadonlyArray<number>): number => all.reduce((a, b) => a + b, 0)

describe("what was charged with each request", () => {
  const step = Schema.Tuple([
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 })),
    Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5000 }))
  ])
  const steps = Arbitrary.array(Arbitrary.schema(step), { minLength: 20, maxLength: 400 })

  it.effect.prop(
    "C4 is what a plain list of it says, whatever is added, given back and forgotten",
    { steps },
    ({ steps }) =>
      Effect.sync(() => {
        const account = new Account()
        const plain: Array<Plain> = []
        let forgotten = 0
        for (const [action, amount] of steps) {
          if (action < 6) {
            const need = { requests: 1, inputTokens: amount, outputTokens: 0, doubt: amount % 7 }
            assert.strictEqual(account.add(need), plain.push(need))
          } else if (action < 8 && plain.length > forgotten) {
            const at = forgotten + amount % (plain.length - forgotten)
            const { inputTokens, requests } = plain[at]!
            const given = { requests, inputTokens: Math.floor(inputTokens / 2), outputTokens: 0, doubt: 0 }
            account.give(at + 1, given)
            plain[at] = { requests: 0, inputTokens: inputTokens - given.inputTokens, doubt: 0 }
          } else if (action === 8) {
            forgotten = Math.max(forgotten, Math.min(plain.length, amount % 300))
            account.forget(forgotten)
          } else {
            const after = forgotten + amount % (plain.length - forgotten + 1)
            const asked = plain.slice(after)
            assert.strictEqual(
              account.between("inputTokens", after, account.last),
              sum(asked.map((one) => one.inputTokens))
            )
            assert.strictEqual(account.between("requests", after, account.last), sum(asked.map((one) => one.requests)))
            assert.closeTo(account.doubt(after), Math.sqrt(sum(asked.map((one) => one.doubt ** 2))), 1e-6)
          }
        }
      })
  )

  it("C4 nothing is lost as it grows", () => {
    const account = new Account()
    for (let n = 1; n <= 10_000; n++) {
      account.add({ requests: 1, inputTokens: n, outputTokens: 0, doubt: 1 })
      if (n % 100 !== 1) continue
      assert.strictEqual(account.between("requests", 0, n), n)
      assert.strictEqual(
        account.between("inputTokens", n - 70, n),
        sum(Array.from({ length: Math.min(n, 70) }, (_, at) => n - at))
      )
      assert.closeTo(account.doubt(0), Math.sqrt(n), 1e-6)
    }
  })

  it("C11 of no more than 16,384 requests it is kept; what came before counts as nothing", () => {
    const account = new Account()
    const need = { requests: 1, inputTokens: 2, outputTokens: 0, doubt: 0 }
    for (let n = 0; n < 100_000; n++) account.add(need)
    assert.strictEqual(account.between("requests", 0, account.last), 16_384)
    assert.strictEqual(account.between("inputTokens", account.last - 10, account.last), 20)
    account.give(1, need)
    assert.strictEqual(account.between("requests", 0, account.last), 16_384)
  })
})
