import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RetryBudget } from "effect-claude"
import { TestClock } from "effect/testing"

describe("RetryBudget", () => {
  it.effect("starts at the cap, refuses when empty, recovers by success and slowly by time", () =>
    Effect.gen(function*() {
      const budget = yield* RetryBudget.RetryBudget
      for (let n = 0; n < 50; n++) assert.isTrue(yield* budget.withdraw("overload"))
      assert.isFalse(yield* budget.withdraw("transient"))
      assert.isTrue(yield* budget.withdraw("fatal"), "only overload and transient outcomes cost")
      for (let n = 0; n < 11; n++) yield* budget.deposit
      assert.isTrue(yield* budget.withdraw("overload"))
      assert.isFalse(yield* budget.withdraw("overload"))
      yield* TestClock.adjust("1 minute")
      assert.closeTo(yield* budget.level, 2.1, 1e-6)
      yield* budget.refund("overload")
      assert.closeTo(yield* budget.level, 3.1, 1e-6)
      yield* TestClock.adjust("10 hours")
      assert.strictEqual(yield* budget.level, 50)
    }).pipe(Effect.provide(RetryBudget.layer())))
})
