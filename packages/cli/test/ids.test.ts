import { assert, it } from "@effect/vitest"
import { Ids } from "../src/internal/ids.ts"

it("G3 of 200,000 ids each is known once it was added, and none before", () => {
  const ids = new Ids()
  for (let n = 0; n < 200_000; n++) {
    const id = `line-${n}`
    if (n % 997 === 0) assert.isFalse(ids.has(id), id)
    assert.isTrue(ids.add(id), id)
    if (n % 997 === 0) assert.isFalse(ids.add(id), id)
  }
  assert.strictEqual(ids.size, 200_000)
  for (let n = 0; n < 200_000; n += 501) assert.isTrue(ids.has(`line-${n}`))
  for (let n = 200_000; n < 201_000; n++) assert.isFalse(ids.has(`line-${n}`))
})
